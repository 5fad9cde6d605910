import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Config } from '../../config/schema.ts';
import { modulePath } from '../../config/source-tree.ts';

/** How long a gateway may take to come up, and to end after SIGTERM. */
const startMs = 60_000;
const stopMs = 15_000;

export interface GatewayProcess {
  readonly url: string;
  readonly pid: number;
  /** SIGTERM, then SIGKILL for one that does not end. */
  stop(): Promise<void>;
}

/** Starts `gateway/main` in a process of its own that ends with this one; ends when it serves. Throws with what it wrote. */
export async function startGatewayProcess(
  config: Pick<Config, 'project' | 'execArgs'>,
  place: { home: string; store: string },
  signal: AbortSignal,
): Promise<GatewayProcess> {
  const child = spawn(
    process.execPath,
    [...config.execArgs, modulePath('gateway/main'), '--instance', 'staging', '--port', '0'],
    {
      // Passed on, not read: paths of shared libraries and the like; config/ alone gives variables a meaning.
      env: { ...process.env, PAWL_PROJECT: config.project, PAWL_HOME: place.home, PAWL_STORE: place.store },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  try {
    const { url, pid } = await firstLine(child, signal);
    return { url, pid, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

function firstLine(child: ChildProcess, signal: AbortSignal): Promise<{ url: string; pid: number }> {
  return new Promise((resolve, reject) => {
    let errors = '';
    const fail = (why: string): void => {
      reject(new Error(`the staging gateway ${why}${errors === '' ? '' : `: ${errors.trim()}`}`));
    };
    const timer = setTimeout(() => {
      fail(`was not up within ${startMs} ms`);
    }, startMs);
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk.toString()}`.slice(-4_000);
    });
    child.once('error', reject);
    child.once('exit', (code, by) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      fail(`ended with ${code ?? by ?? 'no code'}`);
    });
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      const { url } = JSON.parse(line) as { url: string };
      resolve({ url, pid: child.pid ?? 0 });
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await exited;
  clearTimeout(timer);
}

/** Greatest resident memory of a process so far, where the system says so; else the present one. Mebibytes. */
export async function memoryMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const peak = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
  if (peak !== undefined) return Number(peak) / 1024;
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim()) / 1024;
}
