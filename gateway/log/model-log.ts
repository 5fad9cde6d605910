import { mkdir, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { FrameWriter } from '../../contracts/log-frame-writer.ts';
import type { LogEntry } from '../../contracts/prediction-log.ts';
import { messageOf, type Report } from '../report.ts';
import { OpenSegment, type SealedSegment } from './segment.ts';

export interface ModelLogOptions {
  readonly folder: string;
  readonly model: string;
  /** Number of the first segment. */
  readonly firstSegment: number;
  readonly sealEveryMs: number;
  readonly sealRecords: number;
  readonly onSealed: (segment: SealedSegment) => void;
  /** Seconds of a sync. */
  readonly onSynced: (seconds: number) => void;
  readonly report: Report;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Frames that are written at once, and those who wait for them to be on disk. */
interface Group {
  readonly frames: Uint8Array;
  readonly records: number;
  /** The last of its segment. */
  readonly last: boolean;
  waiting: readonly Waiting[];
  written: boolean;
}

const nothing = new Uint8Array(0);

/** Longest time that a record nobody waits for is not on disk. */
const syncWithinMs = 50;
/** Bytes of a segment at most, so that one of wide inputs can be converted in little memory. */
const sealBytes = 64 * 1024 * 1024;
const [firstRetryMs, longestRetryMs] = [100, 5_000];

/**
 * Appends one model's entries to local segments. What comes in one turn of the event loop, and while a write or sync is under way, is
 * the next group: one write, and one sync where somebody waits for it. A group that cannot be written stays in memory and is
 * tried again; those who wait for it are told at once, and may find it in the log all the same.
 */
export class ModelLog {
  readonly #options: ModelLogOptions;
  readonly #writer = new FrameWriter();
  #records = 0;
  #waiting: Waiting[] = [];
  #group: Group | null = null;
  #running: Promise<void> | null = null;
  #segment: OpenSegment | null = null;
  #segmentRecords = 0;
  #n: number;
  #sealDue = false;
  #unsyncedSince: number | null = null;
  #sealTimer: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #closing = false;
  /** Why the last write failed; null while writes succeed. */
  problem: string | null = null;

  constructor(options: ModelLogOptions) {
    this.#options = options;
    this.#n = options.firstSegment;
  }

  /** Bytes that are not in a file yet. */
  get pendingBytes(): number {
    const group = this.#group;
    return this.#writer.length + (group === null || group.written ? 0 : group.frames.length);
  }

  /** Bytes of the segment that is open. */
  get openBytes(): number {
    return this.#segment?.bytes ?? 0;
  }

  /** `performance.now()` of the oldest entry that is not on disk; null where all are. */
  get unsyncedSince(): number | null {
    return this.#unsyncedSince;
  }

  /** With `durable`, ends when the entry is on disk; else it is null, and the entry will be there within some 50 ms. */
  append(entry: LogEntry, durable: boolean): Promise<void> | null {
    this.#writer.append(entry);
    this.#records += 1;
    this.#unsyncedSince ??= performance.now();
    this.#kick();
    if (!durable) return null;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  /** Writes and seals what is open; nothing may be appended afterwards. */
  async close(): Promise<void> {
    this.#closing = true;
    do {
      this.#sealDue = true;
      this.#kick();
      await this.#running;
    } while ((this.#segment !== null || this.pendingBytes > 0) && this.problem === null);
    clearTimeout(this.#syncTimer);
    clearTimeout(this.#sealTimer);
  }

  #kick(): void {
    this.#running ??= new Promise((resolve) => {
      setImmediate(() => {
        void this.#run().finally(() => {
          this.#running = null;
          resolve();
          // What came after the last look.
          if (this.#writer.length > 0 && this.problem === null && !this.#closing) this.#kick();
        });
      });
    });
  }

  async #run(): Promise<void> {
    let retryMs = firstRetryMs;
    for (;;) {
      this.#group ??= this.#take();
      const group = this.#group;
      try {
        await this.#step(group);
        for (const { resolve } of group.waiting) resolve();
        if (this.problem !== null)
          this.#options.report(`the prediction log of "${this.#options.model}" is written again`);
        this.problem = null;
        retryMs = firstRetryMs;
        this.#group = null;
        if (this.#writer.length === 0) return;
      } catch (error) {
        const problem = `the prediction log of "${this.#options.model}" cannot be written: ${messageOf(error)}`;
        if (this.problem === null) this.#options.report(problem);
        this.problem = problem;
        for (const { reject } of group.waiting) reject(new Error(problem, { cause: error }));
        group.waiting = [];
        if (this.#closing) return;
        await sleep(retryMs, undefined, { ref: false });
        retryMs = Math.min(retryMs * 2, longestRetryMs);
      }
    }
  }

  /** Writes a group, syncs it where somebody waits, and seals the segment where that is due. */
  async #step(group: Group): Promise<void> {
    if (group.frames.length > 0 && !group.written) {
      this.#segment ??= await this.#openSegment();
      await this.#segment.append(group.frames);
      group.written = true;
      this.#segmentRecords += group.records;
      this.#writer.recycle(group.frames);
    }
    if (group.waiting.length > 0) await this.#sync();
    else if (this.#unsyncedSince !== null) this.#syncSoon();
    if (group.last) await this.#seal();
  }

  #take(): Group {
    const [records, waiting] = [this.#records, this.#waiting];
    const frames = this.#writer.length > 0 ? this.#writer.take() : nothing;
    this.#records = 0;
    this.#waiting = [];
    const last =
      this.#sealDue ||
      this.#writer.definitions.crowded ||
      this.#segmentRecords + records >= this.#options.sealRecords ||
      this.openBytes + frames.length >= sealBytes;
    // What is appended from here on stands in the next segment, which must explain itself.
    if (last) this.#writer.restart();
    this.#sealDue = false;
    return { frames, records, last, waiting, written: false };
  }

  async #sync(): Promise<void> {
    const segment = this.#segment;
    if (segment === null) return;
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    const since = performance.now();
    await segment.sync();
    this.#options.onSynced((performance.now() - since) / 1_000);
    this.#unsyncedSince = this.#writer.length > 0 ? since : null;
  }

  #syncSoon(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      if (this.#running !== null) {
        // Whoever writes now comes by here again.
        this.#syncSoon();
        return;
      }
      this.#running = this.#sync()
        .catch((error: unknown) =>
          this.#options.report(`${this.#segment?.path} could not be synced: ${messageOf(error)}`),
        )
        .finally(() => {
          this.#running = null;
          if (this.#writer.length > 0 || this.#sealDue) this.#kick();
        });
    }, syncWithinMs);
  }

  async #openSegment(): Promise<OpenSegment> {
    const { folder, model, sealEveryMs } = this.#options;
    await mkdir(folder, { recursive: true });
    const segment = await OpenSegment.create(folder, model, Date.now(), this.#n);
    this.#n += 1;
    this.#segmentRecords = 0;
    this.#sealTimer = setTimeout(() => {
      this.#sealDue = true;
      this.#kick();
    }, sealEveryMs);
    return segment;
  }

  async #seal(): Promise<void> {
    const segment = this.#segment;
    this.#segment = null;
    clearTimeout(this.#sealTimer);
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    if (segment === null) return;
    try {
      const sealed = await segment.seal();
      this.#unsyncedSince = this.#writer.length > 0 ? performance.now() : null;
      if (sealed.bytes > 0) this.#options.onSealed(sealed);
      else await unlink(sealed.path);
    } catch (error) {
      this.#options.report(`${segment.path} could not be sealed, the next start recovers it: ${messageOf(error)}`);
    }
  }
}
