import { setTimeout as delay } from 'node:timers/promises';
import { startChild, type Child, type ChildOptions } from './child.ts';

/** A process that is started again when it dies. */
export interface KeptChild<Ready> {
  readonly name: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** How often it was started. */
  readonly starts: number;
  /** What the first start said when it was ready. */
  readonly ready: Ready;
  stop(): Promise<void>;
}

export interface KeepOptions<Ready> extends Omit<ChildOptions, 'args' | 'onLine'> {
  readonly name: string;
  /** Arguments of the first start, and of later ones. */
  readonly args: (ready: Ready | null) => readonly string[];
  /** What a line of output says; null where it is not the one that tells readiness. */
  readonly readiness: (line: string) => Ready | null;
  readonly log: (text: string) => void;
  readonly readyMs: number;
  readonly stopMs: number;
}

const firstRestartMs = 250;
const longestRestartMs = 10_000;
const healthyMs = 60_000;

/** Resolves when the first start is ready; throws where it ends before, with the last lines that it wrote. */
export async function keepChild<Ready>(options: KeepOptions<Ready>): Promise<KeptChild<Ready>> {
  const { name, log, readyMs, stopMs } = options;
  const stopping = new AbortController();
  const first = start(options, null);
  let { child } = first;
  let starts = 1;
  const timeout = new AbortController();
  const ready = await Promise.race([
    first.ready,
    child.ended.then((how) => new Error(`${name} ${how}:\n${child.lastLines().join('\n')}`)),
    delay(readyMs, new Error(`${name} was not ready within ${readyMs / 1000} s; its log: ${options.logPath}`), {
      signal: timeout.signal,
    }).catch(() => new Error(`${name} was stopped`)),
  ]);
  timeout.abort();
  if (ready instanceof Error) {
    await child.stop(stopMs);
    throw ready;
  }

  const watch = async (): Promise<void> => {
    let retryMs = firstRestartMs;
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      const how = await child.ended;
      if (stopping.signal.aborted) return;
      log(`${name} (process ${child.pid}) ${how}: starting it again; its log: ${options.logPath}`);
      if (Date.now() - startedAt > healthyMs) retryMs = firstRestartMs;
      await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, longestRestartMs);
      if (stopping.signal.aborted) return;
      child = start(options, ready).child;
      starts += 1;
    }
  };
  const watching = watch();

  return {
    name,
    ready,
    get pid() {
      return child.pid;
    },
    get starts() {
      return starts;
    },
    async stop() {
      stopping.abort();
      await child.stop(stopMs);
      await watching;
    },
  };
}

function start<Ready>(options: KeepOptions<Ready>, before: Ready | null): { child: Child; ready: Promise<Ready> } {
  let tell: (ready: Ready) => void;
  const ready = new Promise<Ready>((resolve) => {
    tell = resolve;
  });
  const child = startChild({
    ...options,
    args: options.args(before),
    onLine: (line) => {
      const said = options.readiness(line);
      if (said !== null) tell(said);
    },
  });
  return { child, ready };
}
