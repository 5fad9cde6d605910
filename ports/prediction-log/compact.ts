import type { LogSegment } from '../../contracts/prediction-log.ts';
import { readCompact, type CompactSegment } from './read-compact.ts';
import type { LogStore } from './segments.ts';

/** What is read in one query: enough that the cost of a query does not count, little enough that it fits. */
const batchRows = 200_000;
const batchSegments = 64;

/** Keeps the segments that were read last, up to a number of rows. */
export class CompactCache {
  readonly #store: LogStore;
  readonly #limit: number;
  readonly #segments = new Map<string, CompactSegment>();
  #rows = 0;

  constructor(store: LogStore, limit: number) {
    this.#store = store;
    this.#limit = limit;
  }

  /** The segments, in their order. */
  async read(wanted: readonly LogSegment[]): Promise<CompactSegment[]> {
    const found = new Map<string, CompactSegment>();
    const missing: LogSegment[] = [];
    for (const segment of wanted) {
      const known = this.#segments.get(segment.data);
      if (known === undefined) missing.push(segment);
      else found.set(segment.data, known);
    }
    for (const batch of batchesOf(missing))
      for (const [i, compact] of (await readCompact(this.#store, batch)).entries()) {
        const { data } = batch[i] ?? {};
        if (data !== undefined) found.set(data, compact);
      }
    for (const [data, segment] of found) this.#keep(data, segment);
    return wanted.flatMap(({ data }) => found.get(data) ?? []);
  }

  #keep(data: string, segment: CompactSegment): void {
    if (!this.#segments.delete(data)) this.#rows += segment.rows;
    this.#segments.set(data, segment);
    for (const [oldest, { rows }] of this.#segments) {
      if (this.#rows <= this.#limit || oldest === data) break;
      this.#segments.delete(oldest);
      this.#rows -= rows;
    }
  }
}

function batchesOf(segments: readonly LogSegment[]): LogSegment[][] {
  const batches: LogSegment[][] = [];
  let rows = Infinity;
  for (const segment of segments) {
    const batch = batches.at(-1);
    if (batch === undefined || batch.length >= batchSegments || rows + segment.rows > batchRows) {
      batches.push([segment]);
      rows = segment.rows;
    } else {
      batch.push(segment);
      rows += segment.rows;
    }
  }
  return batches;
}
