import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnWithUs } from '../config/set-up-scripts.ts';

export interface Child {
  readonly pid: number;
  /** Resolves when the process has ended, with how. */
  readonly ended: Promise<string>;
  /** The last lines that it wrote. */
  lastLines(): string[];
  /** SIGTERM, then SIGKILL after the patience. */
  stop(patienceMs: number): Promise<void>;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logPath: string;
  /** Gives Node programs a channel whose end tells them that we are gone. Others are ended by a guard then. */
  readonly ipc: boolean;
  readonly onLine?: (line: string) => void;
}

const keptLines = 20;

/** Starts a process that writes to a log file. It has a group of its own: Ctrl-C in the terminal is ours to pass on, in order. */
export function startChild({ command, args, env, logPath, ipc, onLine }: ChildOptions): Child {
  mkdirSync(dirname(logPath), { recursive: true, mode: 0o700 });
  const log = createWriteStream(logPath, { flags: 'a', mode: 0o600 });
  const { child, guard } = ipc
    ? { child: spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true }), guard: null }
    : spawnWithUs(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const last: string[] = [];
  const take = (line: string): void => {
    log.write(`${new Date().toISOString()} [${child.pid}] ${line}\n`);
    last.push(line);
    if (last.length > keptLines) last.shift();
    onLine?.(line);
  };
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) createInterface({ input: stream }).on('line', take);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => resolve(signal === null ? `ended with code ${code}` : `ended by ${signal}`));
  });
  void ended.then((how) => {
    guard?.release();
    log.end(`${new Date().toISOString()} [${child.pid}] ${how}\n`);
  });
  return {
    pid: child.pid ?? -1,
    ended,
    lastLines: () => [...last],
    stop: (patienceMs) => stopProcess(child, ended, patienceMs),
  };
}

async function stopProcess(child: ChildProcess, ended: Promise<string>, patienceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const abort = new AbortController();
  const patience = delay(patienceMs, 'late' as const, { signal: abort.signal }).catch(() => 'ended' as const);
  if ((await Promise.race([ended, patience])) === 'late') child.kill('SIGKILL');
  abort.abort();
  await ended;
}
