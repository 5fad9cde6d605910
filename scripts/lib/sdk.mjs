import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from './paths.mjs';
import { run } from './process.mjs';

const patienceMs = 12_000;
const downloader = fileURLToPath(new URL('./sdk-download.mjs', import.meta.url));

/** Lets the SDK download the program in a process of its own, which is ended when nothing arrives. Returns `{ file }` or `{ reason }`. */
export async function fetchFromSdk(binary, folder, env) {
  if (!existsSync(join(packageRoot, 'node_modules', '@temporalio', 'testing')))
    return { reason: 'the package @temporalio/testing is not installed' };
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'sdk-'));
  try {
    const { ok, reason } = await run(process.execPath, [downloader, binary.sdk, work], {
      cwd: packageRoot,
      env,
      stalled: stallDetector(work),
    });
    const name = readdirSync(work).find((entry) => !entry.endsWith('.downloading'));
    if (name === undefined) return { reason: ok ? 'it left no program behind' : reason };
    // The program arrived; whether it starts is judged by who keeps it.
    const file = join(folder, `${binary.command}.partial`);
    renameSync(join(work, name), file);
    return { file };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A blocked source may drop packets in silence: no new byte within the patience is the end. */
function stallDetector(folder) {
  let size = 0;
  let grewAt = 0;
  return (elapsedMs) => {
    const now = readdirSync(folder).reduce(
      (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
    if (now > size) {
      size = now;
      grewAt = elapsedMs;
    }
    return elapsedMs - grewAt > patienceMs ? `nothing arrived within ${patienceMs / 1000} s` : null;
  };
}
