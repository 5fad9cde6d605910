import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../config/source-tree.ts';
import { takeLock } from '../../config/set-up-scripts.ts';
import { runCommand } from './command.ts';

const folder = resolve(packageRoot, process.env.PAWL_CACHE ?? join('.pawl', 'cache'), 'python');

/**
 * Path of a Python interpreter with these packages (`name==version`), made in the project's cache where there is none yet.
 * Null, with the reason on standard error, where it cannot be had: such a test skips and says `noPython`.
 */
export async function pythonVenv(requirements: readonly string[]): Promise<string | null> {
  const version = await runCommand('python3', ['-VV']).catch(() => null);
  if (version?.code !== 0) return say('there is no python3 on PATH');
  const wanted = [...requirements].toSorted();
  const name = createHash('sha256')
    .update(`${version.stdout}\n${wanted.join('\n')}`)
    .digest('hex')
    .slice(0, 16);
  const venv = join(folder, name);
  const python = join(venv, 'bin', 'python');
  // A virtual environment's programs hold its path, so it is not renamed when done: a file says that it is.
  const done = join(venv, 'pawl-done');
  await mkdir(folder, { recursive: true });
  for (;;) {
    if (existsSync(done)) return python;
    const lock = takeLock(`${venv}.lock`);
    if (!lock.held) {
      await delay(200);
      continue;
    }
    try {
      if (existsSync(done)) return python;
      const problem = await make(venv, python, wanted);
      if (problem !== null) return say(problem);
      await writeFile(done, '');
      return python;
    } finally {
      lock.release();
    }
  }
}

/** What a test that needs `pythonVenv` gives as the reason of its skip. */
export const noPython = 'no Python environment could be made; standard error says why';

async function make(venv: string, python: string, requirements: readonly string[]): Promise<string | null> {
  await rm(venv, { recursive: true, force: true });
  for (const [command, ...args] of [
    ['python3', '-m', 'venv', venv],
    [python, '-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--retries', '1', ...requirements],
  ] as const) {
    const { code, stdout, stderr } = await runCommand(command, args);
    if (code !== 0) return `"${[command, ...args].join(' ')}" failed: ${(stderr || stdout).trim()}`;
  }
  return null;
}

function say(reason: string): null {
  process.stderr.write(`no Python environment: ${reason}\n`);
  return null;
}
