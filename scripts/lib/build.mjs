import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from './paths.mjs';
import { processStart, run } from './process.mjs';

/** Where compiled code lies: what is run without a compiler in between starts in half the time and serves faster. */
export const compiledFolder = join(packageRoot, 'dist');
const stampName = '.stamp';
const settings = join(packageRoot, 'tsconfig.build.json');
/** On the file system of the package, so that what was compiled appears at once. */
const workFolder = join(packageRoot, '.pawl', 'build');

/** Compiles the sources where they are not those that were compiled. Types are not looked at: `npm run check` does. */
export async function buildCode() {
  const digest = sourceDigest();
  if (readStamp() === digest) return;
  const [partial, old] = [join(workFolder, `${process.pid}.new`), join(workFolder, `${process.pid}.old`)];
  mkdirSync(workFolder, { recursive: true });
  removeLeftovers();
  try {
    const args = [compiler(), '--project', settings, '--noCheck', '--outDir', partial];
    const { ok, output, reason } = await run(process.execPath, args);
    if (!ok) throw new Error(`The code could not be compiled: ${reason}\n${output.trim()}`);
    writeFileSync(join(partial, stampName), digest);
    mkdirSync(compiledFolder, { recursive: true });
    renameSync(compiledFolder, old);
    renameSync(partial, compiledFolder);
  } finally {
    for (const folder of [partial, old]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Of builds that were killed. */
function removeLeftovers() {
  for (const name of readdirSync(workFolder))
    if (processStart(Number.parseInt(name, 10)) === null) rmSync(join(workFolder, name), { recursive: true });
}

/** Whether what was compiled is what the sources say. */
export const codeIsCurrent = () => readStamp() === sourceDigest();

function readStamp() {
  try {
    return readFileSync(join(compiledFolder, stampName), 'utf8');
  } catch {
    return null;
  }
}

/** By name, size and time of change: reading all of it would take longer than most commands. */
function sourceDigest() {
  const hash = createHash('sha256');
  const { include } = JSON.parse(readFileSync(settings, 'utf8'));
  for (const folder of include)
    for (const entry of readdirSync(join(packageRoot, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      const { size, mtimeMs } = statSync(path);
      hash.update(`${path} ${size} ${mtimeMs}\n`);
    }
  for (const path of [settings, join(packageRoot, 'tsconfig.json')]) hash.update(readFileSync(path));
  return hash.digest('hex');
}

function compiler() {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), bin.tsc);
}
