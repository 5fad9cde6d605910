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

/**
 * Ends a process that started detached, with its group, when this one is gone, however it ended: a shell waits for the end of our
 * pipe. SIGTERM first, SIGKILL five seconds later.
 */
export function endWithUs(pid) {
  const end =
    'cat >/dev/null; kill -s TERM -- "-$0"; for i in 1 2 3 4 5; do sleep 1; kill -s 0 -- "-$0" || exit; done; kill -s KILL -- "-$0"';
  const guard = spawn('sh', ['-c', end, String(pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.on('error', () => undefined);
  guard.unref();
  return {
    release() {
      if (guard.pid === undefined || guard.exitCode !== null || guard.signalCode !== null) return;
      try {
        // The whole group: `cat` too.
        process.kill(-guard.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    },
  };
}

/** Becomes the command once a line comes, and ends without it where none does. */
const onceGuarded = 'read -r _ <&3 || exit 1; exec "$@" 3<&-';

/**
 * Starts a command in a process group of its own that ends with us: it begins only once there is a guard that will end it, so it cannot
 * outlive us. `stdio` has three entries.
 */
export function spawnWithUs(command, args, { stdio, ...options }) {
  const gated = ['-c', onceGuarded, 'sh', command, ...args];
  const child = spawn('/bin/sh', gated, { ...options, stdio: [...stdio, 'pipe'], detached: true });
  const guard = child.pid === undefined ? null : endWithUs(child.pid);
  // Who ended before it began does not read.
  child.stdio[3].on('error', () => undefined);
  child.stdio[3].end('\n');
  return { child, guard };
}

/** Parent and command line of a process; null where there is none. */
function describeProcess(pid) {
  try {
    if (process.platform === 'linux')
      return {
        parent: Number(
          readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ')[1],
        ),
        args: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      };
    const text = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
    const [, parent, args] = /^\s*(\d+)\s+(.*)/.exec(text);
    return { parent: Number(parent), args };
  } catch {
    return null;
  }
}

const packageManager = /^(npm|npx|pnpm|pnpx|yarn)\b|\/(npm|npx|pnpm|pnpx|yarn)(-cli)?(\.c?js)?(\s|$)/;
const analyzeEveryMs = 250;

/**
 * Where npm or a program like it started this process, perhaps through a shell: sends this process SIGTERM once npm or that shell is
 * gone. npm passes a signal on to its shell alone, and the shell ends without us. Who was started otherwise may outlive its parent.
 */
export function endWithLauncher() {
  if (process.env.npm_config_user_agent === undefined) return;
  const parent = describeProcess(process.ppid);
  const between = parent !== null && packageManager.test(parent.args) ? [] : [process.ppid];
  const launcher = between.length === 0 ? process.ppid : parent?.parent;
  if (launcher === undefined || !packageManager.test(describeProcess(launcher)?.args ?? '')) return;
  const watched = [...between, launcher].map((pid) => ({ pid, start: processStart(pid) }));
  const timer = setInterval(() => {
    if (process.ppid === (between[0] ?? launcher) && watched.every(isAlive)) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, analyzeEveryMs);
  timer.unref();
}

/**
 * Runs a command to its end, in a process group of its own that ends with us. `stalled()` is asked every second: a reason ends the
 * command with it.
 */
export function run(command, args, { cwd, env = process.env, timeoutMs = 600_000, stalled = () => null } = {}) {
  return new Promise((resolve) => {
    const { child, guard } = spawnWithUs(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
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
      if (ended !== null) killGroup(child.pid);
    }, 1_000);
    const end = (code, why) => {
      clearInterval(timer);
      guard?.release();
      resolve({ ok: code === 0, output, reason: code === 0 ? '' : (ended ?? why ?? lastWords(output, code)) });
    };
    child.on('error', (error) => end(-1, error.message));
    child.on('close', (code) => end(code ?? -1, null));
  });
}

/** Ends what is left of a process group. */
export function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function lastWords(output, code) {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
  return telling === undefined ? `it ended with code ${code}` : telling.slice(0, 300);
}
