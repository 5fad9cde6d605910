import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * What tells a process from a later one with the same id: its start time as the kernel counts it. Null where there is none, or
 * where it has ended and waits to be reaped.
 */
export function processStart(pid) {
  try {
    if (process.platform !== 'linux')
      return (
        execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim() || null
      );
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Whether the very process that `processStart` described is still there. */
export const isAlive = ({ pid, start }) => start !== null && processStart(pid) === start;

export const thisProcess = () => ({ pid: process.pid, start: processStart(process.pid) });

/** The first executable file of that name on PATH; null where there is none. */
export function onPath(name, env = process.env) {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder || '.', name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not here: the next folder may have it.
    }
  }
  return null;
}

/** Runs a command to its end. `stalled()` is asked every second: a reason ends the command with it. */
export function run(command, args, { cwd, env = process.env, timeoutMs = 600_000, stalled = () => null } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const startedAt = Date.now();
    let output = '';
    let ended = null;
    const take = (part) => {
      output = (output + part).slice(-20_000);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer = setInterval(() => {
      ended ??=
        Date.now() - startedAt > timeoutMs ? `no end after ${timeoutMs / 1000} s` : stalled(Date.now() - startedAt);
      if (ended !== null) child.kill('SIGKILL');
    }, 1_000);
    const end = (code, why) => {
      clearInterval(timer);
      resolve({ ok: code === 0, output, reason: code === 0 ? '' : (ended ?? why ?? lastWords(output, code)) });
    };
    child.on('error', (error) => end(-1, error.message));
    child.on('close', (code) => end(code ?? -1, null));
  });
}

function lastWords(output, code) {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
  return telling === undefined ? `it ended with code ${code}` : telling.slice(0, 300);
}
