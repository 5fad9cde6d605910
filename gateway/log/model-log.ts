import { mkdir } from 'node:fs/promises';
import { FrameWriter, type FrameDefinitions } from '../../codec/log-frame-writer.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { privateFolder } from '../../ports/private-files.ts';
import { messageOf, type Report } from '../warnings.ts';
import { withoutWaiting, type WriteBatch, type Waiting } from './write-batch.ts';
import { LogRefusedError } from './log-refused.ts';
import { WakeableSleep } from './wakeable-sleep.ts';
import { RetainedFrames } from './unsynced-frames.ts';
import type { CreateFile } from './segment-file.ts';
import { OpenSegment, syncParent, type SealedSegment } from './segment.ts';

/** What the logs of all models together hold. */
export interface LogBytes {
  /** In memory, not yet synced. */
  pending: number;
  /** In segments that are open. */
  open: number;
}

export interface ModelLogOptions {
  readonly folder: string;
  readonly model: string;
  /** Number of the first segment. */
  readonly firstSegment: number;
  readonly sealEveryMs: number;
  readonly sealRecords: number;
  readonly sealBytes: number;
  readonly create: CreateFile;
  readonly bytes: LogBytes;
  readonly onSealed: (segment: SealedSegment) => void;
  /** Seconds of a sync. */
  readonly onSynced: (seconds: number) => void;
  readonly report: Report;
}

const nothing = new Uint8Array(0);

/** Longest time until an entry nobody waits for is on its way to the disk; so many bytes are written before. */
const syncWithinMs = 50;
const eagerBytes = 256 * 1024;
const [firstRetryMs, longestRetryMs] = [100, 1_000];

/**
 * Appends one model's entries to local segments, in batches: one write each. Where somebody waits for an entry, its batch is what came
 * in one turn of the event loop, or while the last write and sync were under way, and is synced; else it is what came in 50 ms:
 * each write wakes a thread, which at one request after the other would slow down more than a hundredth of them.
 *
 * After a failed write or sync the segment is cut to what was synced, and what is not on disk is written again from memory into
 * another segment: at once, then with growing pauses. An entry is in one segment at most, for nothing is written again before
 * the cut has succeeded. Who waits for an entry is told that it is refused when the second try fails; it is then taken out of
 * what is written again, and is in the log only where the process is killed before the disk let the segment be cut. So what was
 * acknowledged as durable is in the log, once, and what was accepted in memory is unless the process ends before a try succeeds.
 */
export class ModelLog {
  readonly #options: ModelLogOptions;
  readonly #writer = new FrameWriter();
  #records = 0;
  #waiting: Waiting[] = [];
  /** What is being written, after what must be written again. */
  #batches: WriteBatch[] = [];
  readonly #retained = new RetainedFrames();
  #segment: OpenSegment | null = null;
  /** A segment that must be cut before anything else is written. */
  #torn: OpenSegment | null = null;
  #n: number;
  #sealDue = false;
  #unsyncedSince: number | null = null;
  #running: Promise<void> | null = null;
  #sealTimer: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #syncDue = false;
  readonly #nap = new WakeableSleep();
  #closing = false;
  /** Why the last tries to write failed: nothing is taken now; null while writes succeed. */
  problem: string | null = null;

  constructor(options: ModelLogOptions) {
    this.#options = options;
    this.#n = options.firstSegment;
  }

  /** `performance.now()` of the oldest entry that is not on disk; null where all are. */
  get unsyncedSince(): number | null {
    return this.#unsyncedSince;
  }

  /** With `durable`, ends when the entry is on disk, or throws a `LogRefusedError`; else null: it will be there within some 50 ms. */
  append(entry: LogEntry, durable: boolean): Promise<void> | null {
    const writer = this.#writer;
    const before = writer.length;
    const begin = writer.append(entry);
    const end = writer.length;
    this.#options.bytes.pending += end - before;
    this.#records += 1;
    this.#unsyncedSince ??= performance.now();
    if (durable || end >= eagerBytes) this.#start();
    else this.#syncSoon();
    if (!durable) return null;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ begin, end, resolve, reject });
    });
  }

  /** Writes and seals what is open, or gives up what cannot be written; nothing may be appended afterwards. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#nap.wake();
    while (this.#running !== null || this.#hasWork()) {
      this.#start();
      await this.#running;
    }
    clearTimeout(this.#syncTimer);
  }

  #hasWork(): boolean {
    const { length } = this.#writer;
    return (
      length >= eagerBytes ||
      this.#waiting.length > 0 ||
      (this.#closing && length > 0) ||
      this.#batches.length > 0 ||
      this.#torn !== null ||
      ((this.#sealDue || this.#closing) && this.#segment !== null)
    );
  }

  #start(): void {
    this.#running ??= new Promise((resolve) => {
      setImmediate(() => {
        void this.#run().finally(() => {
          this.#running = null;
          resolve();
          // What came after the last look.
          if (this.#hasWork()) this.#start();
        });
      });
    });
  }

  async #run(): Promise<void> {
    let failures = 0;
    do {
      try {
        await this.#step();
        if (this.problem !== null)
          this.#options.report(`the prediction log of "${this.#options.model}" is written again`);
        this.problem = null;
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#takeBack();
        if (failures > 1) {
          this.#refuse(error);
          if (this.#closing) await this.#giveUp();
          else await this.#nap.take(Math.min(firstRetryMs * 2 ** (failures - 2), longestRetryMs));
        }
      }
    } while (this.problem !== null || this.#hasWork());
    if (this.#unsyncedSince !== null) this.#syncSoon();
  }

  /** Writes a batch, syncs where that is due, and seals the segment where that is. */
  async #step(): Promise<void> {
    await this.#cutTorn();
    const batch = (this.#batches[0] ??= this.#take());
    if (this.#segment !== null && this.#segment.definitions !== batch.definitions) await this.#seal();
    // While nothing could be written, a segment that is begun shows whether that is so still.
    const probing = this.problem !== null;
    if (this.#segment === null && (probing || batch.records > 0)) await this.#openSegment(batch.definitions);
    const segment = this.#segment;
    const since = performance.now();
    if (segment !== null && batch.records > 0) await this.#write(segment, batch);
    if (segment !== null && (probing || batch.waiting.length > 0)) {
      await this.#sync(segment, batch, since);
      this.#batches.shift();
      for (const { resolve } of batch.waiting) resolve();
    } else {
      this.#retained.add(batch.frames, batch.records);
      this.#batches.shift();
      if (segment !== null && this.#syncDue) await this.#sync(segment);
    }
    if (batch.records > 0) this.#writer.recycle(batch.frames);
    if (segment !== null && this.#isSealDue(segment)) await this.#seal();
  }

  /** What somebody waits for is on disk when it ends. */
  async #write(segment: OpenSegment, { frames, records, waiting }: WriteBatch): Promise<void> {
    const before = segment.bytes;
    try {
      if (waiting.length > 0) await segment.appendDurably(frames, records);
      else await segment.append(frames, records);
    } finally {
      this.#options.bytes.open += segment.bytes - before;
    }
  }

  #isSealDue({ records, bytes }: OpenSegment): boolean {
    const { sealRecords, sealBytes } = this.#options;
    return this.#sealDue || this.#closing || records >= sealRecords || bytes >= sealBytes;
  }

  #take(): WriteBatch {
    const writer = this.#writer;
    const { definitions } = writer;
    const frames = writer.length > 0 ? writer.take() : nothing;
    const batch = { frames, definitions, records: this.#records, waiting: this.#waiting };
    this.#records = 0;
    if (batch.waiting.length > 0) this.#waiting = [];
    // The next batch begins another segment.
    if (definitions.crowded) writer.restart();
    return batch;
  }

  /** Of what was written before and, `since` then, of `batch`, which stays where it is until that is done. */
  async #sync(segment: OpenSegment, batch: WriteBatch | null = null, since = performance.now()): Promise<void> {
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    this.#syncDue = false;
    await segment.sync();
    this.#options.onSynced((performance.now() - since) / 1_000);
    this.#options.bytes.pending -= this.#retained.length + (batch?.frames.length ?? 0);
    this.#retained.clear();
    const isMore = this.#writer.length > 0 || this.#batches.length > (batch === null ? 0 : 1);
    this.#unsyncedSince = isMore ? since : null;
  }

  #syncSoon(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      this.#syncDue = true;
      this.#start();
    }, syncWithinMs);
  }

  async #openSegment(definitions: FrameDefinitions): Promise<void> {
    const { folder, model, create, sealEveryMs } = this.#options;
    if ((await mkdir(folder, { recursive: true, mode: privateFolder })) !== undefined) await syncParent(folder);
    this.#segment = await OpenSegment.create({ folder, model, start: Date.now(), n: this.#n, create }, definitions);
    this.#n += 1;
    this.#sealTimer = setTimeout(() => {
      this.#sealDue = true;
      this.#start();
    }, sealEveryMs);
    const { frames } = definitions;
    await this.#segment.append(frames, 0);
    this.#options.bytes.open += frames.length;
  }

  async #seal(): Promise<void> {
    const segment = this.#segment;
    if (segment === null) return;
    await this.#sync(segment);
    await this.#end(segment);
  }

  /** Lets go of a segment that was synced or cut. */
  async #end(segment: OpenSegment): Promise<void> {
    this.#segment = null;
    this.#sealDue = false;
    clearTimeout(this.#sealTimer);
    this.#options.bytes.open -= segment.bytes;
    try {
      const sealed = await segment.end();
      if (sealed !== null) this.#options.onSealed(sealed);
    } catch (error) {
      this.#options.report(`${segment.path} could not be removed, the next start does: ${messageOf(error)}`);
    }
  }

  /** After a failure: what may not be on disk must be written again, once the segment has been cut. */
  #takeBack(): void {
    const segment = this.#segment;
    if (segment === null) return;
    this.#segment = null;
    this.#torn = segment;
    clearTimeout(this.#sealTimer);
    const { records } = this.#retained;
    const { definitions } = segment;
    if (records > 0) this.#batches.unshift({ frames: this.#retained.copy(), definitions, records, waiting: [] });
    this.#retained.clear();
  }

  /** Tells those who wait that the log does not take their entries, and takes these out. */
  #refuse(error: unknown): void {
    const problem = `the prediction log of "${this.#options.model}" cannot be written: ${messageOf(error)}`;
    if (this.problem === null) this.#options.report(problem);
    this.problem = problem;
    if (this.#writer.length > 0) this.#batches.push(this.#take());
    const batches: WriteBatch[] = [];
    for (const batch of this.#batches) {
      const kept = batch.waiting.length === 0 ? batch : withoutWaiting(batch);
      for (const { reject } of batch.waiting) reject(new LogRefusedError(problem, { cause: error }));
      if (kept.records > 0) batches.push(kept);
      this.#options.bytes.pending -= batch.frames.length - (kept.records > 0 ? kept.frames.length : 0);
    }
    this.#batches = batches;
    if (batches.length === 0) this.#unsyncedSince = null;
  }

  async #giveUp(): Promise<void> {
    const lost = this.#batches.reduce((sum, { records }) => sum + records, 0);
    if (lost > 0) this.#options.report(`${lost} records of the prediction log are given up: ${this.problem}`);
    for (const { frames } of this.#batches) this.#options.bytes.pending -= frames.length;
    this.#batches = [];
    this.#unsyncedSince = null;
    this.problem = null;
    const torn = this.#torn;
    this.#torn = null;
    await torn?.abandon();
  }

  async #cutTorn(): Promise<void> {
    const segment = this.#torn;
    if (segment === null) return;
    const { bytes } = segment;
    await segment.cut();
    this.#options.bytes.open -= bytes - segment.bytes;
    this.#torn = null;
    await this.#end(segment);
  }
}
