import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { isAlive, processStart, spawnWithUs } from '../../../config/set-up-scripts.ts';
import { processTree, residentBytes } from '../../resident-bytes.ts';

export interface ProgramToRun {
  readonly command: readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly memoryBytes: number;
  /** After so long it is told to stop. */
  readonly timeMs: number;
  /** Of standard output, without blank ones; the next one is read when it has resolved, and the program is ended where it rejects. */
  readonly onLine: (line: string) => Promise<void>;
  readonly signal: AbortSignal;
}

export type ProgramEnd =
  | { readonly kind: 'ended'; readonly code: number; readonly stopped: boolean; readonly log: readonly string[] }
  | { readonly kind: 'killed'; readonly by: string; readonly log: readonly string[] }
  | { readonly kind: 'over'; readonly limit: string; readonly log: readonly string[] };

const keptLines = 200;
const longestLine = 2_000;
/** Of a line that does not end; what follows is left out. */
const longestRead = 2 ** 16;
/** A pipe that says nothing for twice as long, after the program has ended, is not waited for. */
const idleMs = 500;
const meterMs = 500;
/** A cancelled run is over within a second. */
const abortGraceMs = 700;
const stopGraceMs = 30_000;

/**
 * Runs a program in a process group that ends with this process. SIGTERM asks it to stop, where the signal aborts or its time is over; what is left
 * of it is then killed. Throws the signal's reason and what `onLine` throws, once all of its processes are gone.
 */
export async function runProgram(program: ProgramToRun): Promise<ProgramEnd> {
  const { signal, memoryBytes, timeMs } = program;
  signal.throwIfAborted();
  const log: string[] = [];
  const keep = (line: string): void => {
    log.push(line.slice(0, longestLine));
    if (log.length > keptLines) log.shift();
  };
  const [command, ...args] = program.command as [string, ...string[]];
  const { child, guard } = spawnWithUs(command, args, {
    cwd: program.folder,
    env: program.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const family = new Family(child);
  let limit: string | null = null;
  let stopped = false;
  const timers: NodeJS.Timeout[] = [];
  const abort = (): void => {
    family.tell('SIGTERM');
    timers.push(setTimeout(() => family.tell('SIGKILL'), abortGraceMs));
  };
  signal.addEventListener('abort', abort, { once: true });
  timers.push(
    setTimeout(
      () => {
        stopped = true;
        family.tell('SIGTERM');
        timers.push(
          setTimeout(() => {
            limit ??= `it did not end within ${stopGraceMs / 1000} s after SIGTERM, and its time (${timeMs / 60_000} minutes) was over`;
            family.tell('SIGKILL');
          }, stopGraceMs),
        );
      },
      Math.min(timeMs, 2 ** 31 - 1),
    ),
    setInterval(() => {
      const bytes = family.look().reduce((sum, pid) => sum + residentBytes(pid), 0);
      if (bytes <= memoryBytes) return;
      limit ??= `its processes took ${mebibytes(bytes)} MiB of memory, and ${mebibytes(memoryBytes)} MiB are allowed`;
      family.tell('SIGKILL');
    }, meterMs),
  );
  let failure: { error: unknown } | null = null;
  const said = new Lines(child.stdout, async (line) => {
    keep(line);
    await program.onLine(line);
  });
  const noted = new Lines(child.stderr, keep);
  void said.done.catch((error: unknown) => {
    failure = { error };
    family.tell('SIGKILL');
  });
  try {
    const { code, killedBy } = await endOf(child, family, keep);
    timers.push(setInterval(() => [said, noted].forEach((one) => one.closeIfIdle()), idleMs));
    await Promise.allSettled([said.done, noted.done]);
    signal.throwIfAborted();
    if (failure !== null) throw (failure as { error: unknown }).error;
    if (limit !== null) return { kind: 'over', limit, log };
    // One that does not hear SIGTERM ends by it: another try would take as long.
    return killedBy === null || stopped ? { kind: 'ended', code, stopped, log } : { kind: 'killed', by: killedBy, log };
  } finally {
    signal.removeEventListener('abort', abort);
    for (const timer of timers) clearTimeout(timer);
    guard?.release();
  }
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

/** Lines of a pipe, one after another. Those that end in a carriage return, as bars of progress do, count too. */
class Lines {
  /** Resolves at the end of the pipe, and rejects where a line was refused. */
  readonly done: Promise<void>;
  readonly #pipe: Readable | null;
  #isBusy = false;
  #idleChecks = 0;
  #isClosed = false;

  constructor(pipe: Readable | null, onLine: (line: string) => Promise<void> | void) {
    this.#pipe = pipe;
    this.done = pipe === null ? Promise.resolve() : this.#read(pipe, onLine);
  }

  /** Once the program has ended: who escaped with a pipe of it keeps it open, and is not waited for. */
  closeIfIdle(): void {
    if (this.#isBusy) return;
    this.#idleChecks += 1;
    // What came while this process was busy is read between two checks.
    if (this.#idleChecks < 2) return;
    this.#isClosed = true;
    this.#pipe?.destroy();
  }

  async #read(pipe: Readable, onLine: (line: string) => Promise<void> | void): Promise<void> {
    pipe.setEncoding('utf8');
    let rest = '';
    try {
      for await (const part of pipe as AsyncIterable<string>) {
        this.#isBusy = true;
        const lines = `${rest}${part}`.split(/[\r\n]+/);
        rest = lines.pop()!.slice(0, longestRead);
        for (const line of lines) if (line !== '') await onLine(line);
        this.#isBusy = false;
        this.#idleChecks = 0;
      }
    } catch (error) {
      if (!this.#isClosed) throw error;
    }
    if (rest !== '') await onLine(rest);
  }
}

/** A program and all that it was seen to start, in its group or not: a helper that outlives it would keep its memory. */
class Family {
  readonly #child: ChildProcess;
  /** Start times, which tell a process from a later one with the same id. */
  readonly #seen = new Map<number, string | null>();

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Those that are there now. */
  look(): number[] {
    const { pid } = this.#child;
    if (pid === undefined) return [];
    const tree = processTree(pid);
    for (const one of tree) if (!this.#seen.has(one)) this.#seen.set(one, processStart(one));
    return tree;
  }

  /** SIGKILL reaches those whose parent has ended too. */
  tell(signal: NodeJS.Signals): void {
    this.look();
    const { pid } = this.#child;
    if (pid === undefined) return;
    send(-pid, signal);
    if (signal !== 'SIGKILL') return;
    for (const [one, start] of this.#seen) if (one !== pid && isAlive({ pid: one, start })) send(one, signal);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function endOf(
  child: ChildProcess,
  family: Family,
  keep: (line: string) => void,
): Promise<{ code: number; killedBy: NodeJS.Signals | null }> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      keep(error.message);
      resolve({ code: 127, killedBy: null });
    });
    child.once('exit', (code, killedBy) => {
      // Helpers that it left behind keep its pipes open.
      family.tell('SIGKILL');
      resolve({ code: code ?? 1, killedBy });
    });
  });
}
