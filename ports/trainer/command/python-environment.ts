import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onPath, run, takeLock } from '../../../config/set-up-scripts.ts';
import { PawlError } from '../../../contracts/errors.ts';
import { errorTypes } from '../../../contracts/names.ts';

export interface PythonEnvironment {
  /** Folder of its programs. */
  readonly bin: string;
  /** `python`, the digest of the requirements, and each package with its version. */
  readonly versions: Readonly<Record<string, string>>;
}

const buildMs = 30 * 60_000;
const lockEveryMs = 200;
/** What pip and uv say of packages that are not to be had, however often they are asked. */
const unsolvable =
  /No matching distribution|ResolutionImpossible|No solution found|conflicting dependencies|not found in the package registry/;
/** What they say of a registry that cannot be reached; pip then says too that there is no such package. */
const unreachable =
  /Retrying \(|NewConnectionError|ConnectTimeout|Read timed out|error sending request|dns error|Failed to fetch/i;

/**
 * A virtual environment with pinned packages, in a folder that is named by their digest: it is made once, by uv where that is on `PATH`, else
 * by venv and pip. Throws `InvalidConfigError` for packages that are not pinned or cannot be had, the signal's reason, and a
 * retryable error where the making fails.
 */
export async function pythonEnvironment(
  requirements: { readonly name: string; readonly text: string },
  folder: string,
  signal: AbortSignal,
): Promise<PythonEnvironment> {
  checkPinned(requirements);
  const interpreter = onPath('python3');
  if (interpreter === null)
    throw new PawlError(
      errorTypes.invalidConfig,
      'trainer.requirements: there is no python3 on PATH: install Python 3',
    );
  const version = await done(interpreter, ['-VV'], signal);
  const digest = createHash('sha256').update(`${version}\n${requirements.text}`).digest('hex');
  const venv = join(folder, digest.slice(0, 16));
  // Its programs hold its path, so it is not renamed when it is whole: this file says that it is.
  const whole = join(venv, 'pawl-packages.txt');
  await mkdir(folder, { recursive: true });
  while (!existsSync(whole)) {
    signal.throwIfAborted();
    const lock = takeLock(`${venv}.lock`);
    if (!lock.held) {
      await delay(lockEveryMs);
      continue;
    }
    try {
      if (!existsSync(whole)) await writeFile(whole, await build(venv, interpreter, requirements, signal));
    } finally {
      lock.release();
    }
  }
  const packages = (await readFile(whole, 'utf8')).split('\n').flatMap((line): [string, string][] => {
    const [name = '', found] = line.trim().split('==');
    return found === undefined ? [] : [[name, found]];
  });
  return {
    bin: join(venv, 'bin'),
    versions: { python: version.split(/\s/)[1] ?? version, requirements: digest, ...Object.fromEntries(packages) },
  };
}

/** Returns what is installed, as `pip freeze` writes it. */
async function build(
  venv: string,
  interpreter: string,
  { name, text }: { readonly name: string; readonly text: string },
  signal: AbortSignal,
): Promise<string> {
  await rm(venv, { recursive: true, force: true });
  const wanted = `${venv}.txt`;
  await writeFile(wanted, text);
  const python = join(venv, 'bin', 'python');
  const uv = onPath('uv');
  const steps: readonly (readonly [string, string[]])[] =
    uv === null
      ? [
          [interpreter, ['-m', 'venv', venv]],
          [python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--requirement', wanted]],
        ]
      : [
          [uv, ['venv', '--quiet', '--python', interpreter, venv]],
          [uv, ['pip', 'install', '--quiet', '--python', python, '--requirement', wanted]],
        ];
  try {
    for (const [command, args] of steps) await done(command, args, signal, name);
    return uv === null
      ? await done(python, ['-m', 'pip', 'freeze', '--disable-pip-version-check'], signal)
      : await done(uv, ['pip', 'freeze', '--python', python], signal);
  } finally {
    await rm(wanted, { force: true });
  }
}

/** Standard output of a command that succeeds. */
async function done(command: string, args: readonly string[], signal: AbortSignal, file?: string): Promise<string> {
  const { ok, output, reason } = await run(command, args, {
    timeoutMs: buildMs,
    stalled: () => (signal.aborted ? 'it was stopped' : null),
  });
  signal.throwIfAborted();
  if (ok) return output;
  if (file !== undefined && unsolvable.test(output) && !unreachable.test(output))
    throw new PawlError(
      errorTypes.invalidConfig,
      `trainer.requirements: the packages of ${file} cannot be had: ${reason}`,
    );
  throw new Error(`the Python environment of the trainer could not be made: ${reason}`);
}

/** Throws `InvalidConfigError` for lines that do not name one version. */
function checkPinned({ name, text }: { readonly name: string; readonly text: string }): void {
  // A hash may follow on lines of its own.
  const lines = text.replaceAll(/\\\r?\n/g, ' ').split('\n');
  const loose = lines
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '' && !/^--(hash|index-url|extra-index-url|only-binary|no-binary)\b/.test(line))
    .filter(
      (line) =>
        !/^[\w.-]+(\[[\w,.\s-]+\])?\s*(==|===)\s*[^\s*;]+(\s*;.*)?(\s+--hash\S*.*)?$/.test(line) &&
        !/@\s*\S+:/.test(line),
    );
  if (loose.length === 0) return;
  throw new PawlError(
    errorTypes.invalidConfig,
    `trainer.requirements: ${name} names ${loose.slice(0, 3).join(', ')} without one version: write name==version for each package, as \`pip freeze\` does`,
  );
}
