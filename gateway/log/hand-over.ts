import { randomUUID } from 'node:crypto';
import { rename, rm, statfs, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { canonicalJson } from '../../contracts/canonical.ts';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { logSegmentPrefix, logSegmentSchema, type LogSegment } from '../../contracts/serving/prediction-log.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { SealedLog, SegmentSealer } from '../../ports/prediction-log/port.ts';
import { messageOf, type Report } from '../warnings.ts';
import { WakeableSleep } from './wakeable-sleep.ts';
import { segmentName, type SealedSegment } from './segment.ts';

type Store = Pick<ArtifactStore, 'putFile' | 'readPointer' | 'writePointer'>;

const isPointerConflict = (error: unknown): boolean => error instanceof Error && error.name === 'PointerConflictError';

const isCorrupt = (error: unknown): boolean => error instanceof PawlError && error.type === errorTypes.corruptArtifact;

/** Of the sealer: its rows need more memory than sealing has. */
const isTooLarge = (error: unknown): boolean => error instanceof Error && error.name === 'SegmentMemoryError';
/** Tries of a segment that needs more memory than sealing has. */
const mostTries = 3;

/** Where Parquet may be made while the disk of the log is full; the second is in memory. */
const otherDisks = [tmpdir(), ...(process.platform === 'linux' ? ['/dev/shm'] : [])];
/** A file system with less room than a segment of Parquet takes. */
const fullBytes = 16 * 1024 * 1024;

async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: Infinity, bsize: 1 }));
  return bavail * bsize < fullBytes;
}

const [firstPauseMs, longestPauseMs] = [100, 5_000];

/**
 * Turns sealed segments into Parquet and puts them into the store, in order: bytes, then the pointer that makes them count, then
 * the local file goes. Each step can be done again, so a kill between any two loses and doubles nothing. An outage keeps the
 * files and retries.
 */
export class HandOver {
  readonly #store: Store;
  readonly #sealer: SegmentSealer;
  readonly #instance: string;
  readonly #report: Report;
  readonly #queue: SealedSegment[] = [];
  /** Of the sealed segments that are not yet in the store. */
  waitingBytes = 0;
  /** Segments that were set aside because they cannot be read or sealed. */
  corrupt = 0;
  #running: Promise<void> | null = null;
  readonly #nap = new WakeableSleep();
  #stopped = false;
  /** What the last try of a segment failed with, by path. */
  readonly #failing = new Map<string, string>();
  /** Tries of segments that were too large, by path. */
  readonly #tooLarge = new Map<string, number>();

  constructor(store: Store, sealer: SegmentSealer, instance: string, report: Report) {
    this.#store = store;
    this.#sealer = sealer;
    this.#instance = instance;
    this.#report = report;
  }

  /** Sealed segments that are not yet in the store. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Why a segment stays here; null while the store takes them. */
  get problem(): string | null {
    for (const problem of this.#failing.values()) return problem;
    return null;
  }

  add(segment: SealedSegment): void {
    this.#queue.push(segment);
    this.waitingBytes += segment.bytes;
    if (!this.#stopped) this.#start();
  }

  /** Ends when all is handed over, or after `ms`; what is left then stays on disk for the next start. */
  async finish(ms: number): Promise<void> {
    this.#nap.wake();
    const timer = setTimeout(() => {
      this.#stopped = true;
      this.#nap.wake();
    }, ms);
    // The step that is under way is waited for: nothing works on the files once this has ended.
    await this.#running;
    clearTimeout(timer);
    this.#stopped = true;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#queue.length > 0 && !this.#stopped) this.#start();
    });
  }

  async #run(): Promise<void> {
    let pauseMs = firstPauseMs;
    // The oldest goes first, and again first once the store takes any.
    let place = 0;
    for (let segment = this.#queue[place]; segment !== undefined && !this.#stopped; segment = this.#queue[place]) {
      try {
        const renamed = await this.#handOver(segment);
        this.#queue.splice(place, 1, ...(renamed === null ? [] : [renamed]));
        place = 0;
        if (renamed === null) this.waitingBytes -= segment.bytes;
        if (this.#failing.delete(segment.path) && this.#failing.size === 0)
          this.#report('the prediction log reaches the store again');
        pauseMs = firstPauseMs;
      } catch (error) {
        if (isCorrupt(error) || (isTooLarge(error) && this.#triedOften(segment))) {
          await this.#setAside(segment, error);
          place = 0;
          continue;
        }
        const problem = `${segment.path} stays here until the store takes it: ${messageOf(error)}`;
        if (this.#failing.size === 0) this.#report(problem);
        this.#failing.set(segment.path, problem);
        // Another segment may have better luck.
        place = (place + 1) % this.#queue.length;
        await this.#nap.take(pauseMs);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }

  #triedOften({ path }: SealedSegment): boolean {
    const tries = (this.#tooLarge.get(path) ?? 0) + 1;
    this.#tooLarge.set(path, tries);
    return tries >= mostTries;
  }

  /** What no reader can read, or cannot be sealed, is kept for people, and holds up nothing. */
  async #setAside(segment: SealedSegment, error: unknown): Promise<void> {
    const kept = `${segment.path}.corrupt`;
    await rename(segment.path, kept);
    this.#queue.splice(this.#queue.indexOf(segment), 1);
    this.waitingBytes -= segment.bytes;
    this.#failing.delete(segment.path);
    this.#tooLarge.delete(segment.path);
    this.corrupt += 1;
    this.#report(`${kept} is set aside, its records are lost to queries and releases: ${messageOf(error)}`);
  }

  /** Null when it is done; else the segment under a new number, because the one it had belongs to other bytes. */
  async #handOver(segment: SealedSegment): Promise<SealedSegment | null> {
    const { model, path, start, n } = segment;
    const { digest, source, rows, from, to } = await this.#seal(path);
    const value: LogSegment = {
      schema: 'pawl.log-segment/2',
      model,
      instance: this.#instance,
      n,
      source,
      data: digest,
      rows,
      from,
      to,
    };
    const key = `${logSegmentPrefix(model)}${segmentName(start, n).replace('-', `-${this.#instance}-`)}`;
    if (await this.#point(key, value)) {
      await unlink(path);
      return null;
    }
    const next = { ...segment, n: n + 1, path: join(dirname(path), `${segmentName(start, n + 1)}.log`) };
    await rename(path, next.path);
    return next;
  }

  /**
   * Converts a segment and puts the Parquet into the store. It is made beside the segment, or, where that disk is full, on another one:
   * only what is handed over makes room there.
   */
  async #seal(path: string): Promise<SealedLog & { readonly digest: Digest }> {
    const places = [dirname(path), ...otherDisks];
    for (const [i, place] of places.entries()) {
      const parquet = join(
        place,
        i === 0 ? basename(path).replace(/\.log$/, '.parquet') : `pawl-${randomUUID()}.parquet`,
      );
      try {
        const sealed = await this.#sealer.seal(path, parquet);
        const { digest } = await this.#store.putFile(parquet);
        return { ...sealed, digest };
      } catch (error) {
        if (isCorrupt(error) || i === places.length - 1 || !(await isFull(place))) throw error;
      } finally {
        await rm(parquet, { force: true });
      }
    }
    throw new Error(`there is no place to convert ${path} in`);
  }

  /** Whether the key now points to these frames; false where it points to others. */
  async #point(key: string, segment: LogSegment): Promise<boolean> {
    try {
      await this.#store.writePointer(key, canonicalJson(segment), null);
      return true;
    } catch (error) {
      if (!isPointerConflict(error)) throw error;
    }
    const found = await this.#store.readPointer(key);
    if (found === null || found === 'unchanged') throw new Error(`pointer "${key}" came and went`);
    return logSegmentSchema.parse(JSON.parse(new TextDecoder().decode(found.value))).source === segment.source;
  }
}
