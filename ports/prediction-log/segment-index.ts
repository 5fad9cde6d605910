import {
  logSegmentPrefix,
  logSegmentSchema,
  longestSegmentMs,
  unaddressedFeedback,
  type LogSegment,
} from '../../contracts/serving/prediction-log.ts';
import type { ArtifactStore } from '../artifact-store/port.ts';

export type LogStore = Pick<ArtifactStore, 'listPointers' | 'readPointer' | 'fetchFile'>;

export interface StoredSegment extends LogSegment {
  /** Of its pointer. */
  readonly key: string;
}

/** How far before `since` a segment may begin that has records after it; doubled for clocks and slow seals. */
const startMarginMs = 2 * longestSegmentMs;

/** Pointers of segments never change, so each is read once. */
export class SegmentIndex {
  readonly #store: LogStore;
  readonly #segments = new Map<string, StoredSegment>();
  readonly #limit: number;

  constructor(store: LogStore, limit: number) {
    this.#store = store;
    this.#limit = limit;
  }

  /**
   * Segments with records at or after `since`, in the order of their keys; those that came late are among them. Feedback that names no
   * model is behind them.
   */
  async since(model: string, since: number): Promise<StoredSegment[]> {
    const [own, shared] = await Promise.all([this.#of(model, since), this.#of(unaddressedFeedback, since)]);
    return [...own, ...shared];
  }

  async #of(model: string, since: number): Promise<StoredSegment[]> {
    const prefix = logSegmentPrefix(model);
    const first = Math.max(0, Math.floor(since - startMarginMs));
    const keys = await this.#store.listPointers(prefix, `${prefix}${String(first).padStart(13, '0')}`);
    const segments: StoredSegment[] = [];
    // A few at a time: a remote store answers many reads at once, and no store is asked for thousands.
    for (let i = 0; i < keys.length; i += 32)
      segments.push(...(await Promise.all(keys.slice(i, i + 32).map((key) => this.#read(key)))));
    return segments.filter(({ to }) => to >= since);
  }

  async #read(key: string): Promise<StoredSegment> {
    const known = this.#segments.get(key);
    if (known !== undefined) return known;
    const pointer = await this.#store.readPointer(key);
    if (pointer === null || pointer === 'unchanged') throw new Error(`pointer "${key}" was listed and is not there`);
    const segment = { key, ...logSegmentSchema.parse(JSON.parse(new TextDecoder().decode(pointer.value))) };
    this.#segments.set(key, segment);
    const oldest = this.#segments.keys().next();
    if (this.#segments.size > this.#limit && oldest.done !== true) this.#segments.delete(oldest.value);
    return segment;
  }
}
