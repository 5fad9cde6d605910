import { rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson } from '../../contracts/canonical.ts';
import type { Digest } from '../../contracts/digest.ts';
import { logSegmentSchema } from '../../contracts/prediction-log.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { messageOf, type Report } from '../report.ts';
import { segmentName, type SealedSegment } from './segment.ts';

type Store = Pick<ArtifactStore, 'putFile' | 'readPointer' | 'writePointer'>;

const isPointerConflict = (error: unknown): boolean => error instanceof Error && error.name === 'PointerConflictError';

/**
 * Puts sealed segments into the store, in order: bytes, then the pointer that makes them count, then the local file goes.
 * Each step can be done again, so a kill between any two loses and doubles nothing. An outage keeps the files and retries.
 */
export class HandOver {
  readonly #store: Store;
  readonly #instance: string;
  readonly #report: Report;
  readonly #queue: SealedSegment[] = [];
  #running: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #stopped = false;
  #failing = false;

  constructor(store: Store, instance: string, report: Report) {
    this.#store = store;
    this.#instance = instance;
    this.#report = report;
  }

  /** Sealed segments that are not yet in the store. */
  get waiting(): number {
    return this.#queue.length;
  }

  add(segment: SealedSegment): void {
    this.#queue.push(segment);
    if (!this.#stopped) this.#start();
  }

  /** Ends when all is handed over, or after `ms`; what is left then stays on disk for the next start. */
  async finish(ms: number): Promise<void> {
    this.#wake?.();
    const timer = setTimeout(() => {
      this.#stopped = true;
      this.#wake?.();
    }, ms);
    await Promise.race([this.#running, sleep(ms, undefined, { ref: false })]);
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
    let pauseMs = 100;
    for (let segment = this.#queue[0]; segment !== undefined && !this.#stopped; segment = this.#queue[0]) {
      try {
        const renamed = await this.#handOver(segment);
        this.#queue.splice(0, 1, ...(renamed === null ? [] : [renamed]));
        if (this.#failing) this.#report('the prediction log reaches the store again');
        this.#failing = false;
        pauseMs = 100;
      } catch (error) {
        if (!this.#failing) this.#report(`${segment.path} stays here until the store takes it: ${messageOf(error)}`);
        this.#failing = true;
        // Another segment may have better luck.
        this.#queue.push(...this.#queue.splice(0, 1));
        await this.#pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, 5_000);
      }
    }
  }

  /** Null when it is done; else the segment under a new number, because the one it had belongs to other bytes. */
  async #handOver(segment: SealedSegment): Promise<SealedSegment | null> {
    const { model, path, start, n, records, from, to } = segment;
    const { digest } = await this.#store.putFile(path);
    const value = logSegmentSchema.parse({
      schema: 'pawl.log-segment/1',
      model,
      instance: this.#instance,
      n,
      data: digest,
      records,
      from,
      to,
    });
    const key = `logs/${model}/${segmentName(start, n).replace('-', `-${this.#instance}-`)}`;
    if (await this.#point(key, canonicalJson(value), digest)) {
      await unlink(path);
      return null;
    }
    const next = { ...segment, n: n + 1, path: join(dirname(path), `${segmentName(start, n + 1)}.ndjson`) };
    await rename(path, next.path);
    return next;
  }

  /** Whether the key now points to these bytes; false where it points to others. */
  async #point(key: string, value: Uint8Array, digest: Digest): Promise<boolean> {
    try {
      await this.#store.writePointer(key, value, null);
      return true;
    } catch (error) {
      if (!isPointerConflict(error)) throw error;
    }
    const found = await this.#store.readPointer(key);
    if (found === null || found === 'unchanged') throw new Error(`pointer "${key}" came and went`);
    return logSegmentSchema.parse(JSON.parse(new TextDecoder().decode(found.value))).data === digest;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#wake = end;
    });
  }
}
