import type { LogSegment } from '../../contracts/serving/prediction-log.ts';
import { readCompact } from './read-columns.ts';
import type { CompactSegment, MoreColumns } from '../../policy/release/observe/log-columns.ts';
import type { LogStore } from './segment-index.ts';

/** What is read in one query: enough that the cost of a query does not count, little enough that it fits. */
const batchRows = 200_000;
const batchSegments = 64;

/**
 * Keeps the segments that were read last, up to a number of rows. Where one analysis needs more than that it keeps the first of them:
 * if each took the place of another that the next analysis needs too, all would be read again each time.
 */
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
  async read(wanted: readonly LogSegment[], more: MoreColumns): Promise<CompactSegment[]> {
    const { labelSpace, inputs, scores, values, mirrorSalt } = more;
    const keyOf = ({ data }: LogSegment): string =>
      JSON.stringify([data, labelSpace, inputs, scores, values, mirrorSalt]);
    const found = new Map<string, CompactSegment>();
    const missing: LogSegment[] = [];
    for (const segment of wanted) {
      const known = this.#segments.get(keyOf(segment));
      if (known === undefined) missing.push(segment);
      else found.set(keyOf(segment), known);
    }
    for (const batch of batchesOf(missing))
      for (const [i, compact] of (await readCompact(this.#store, batch, more)).entries()) {
        const segment = batch[i];
        if (segment !== undefined) found.set(keyOf(segment), compact);
      }
    for (const [key, segment] of found) this.#keep(key, segment, found);
    return wanted.flatMap((segment) => found.get(keyOf(segment)) ?? []);
  }

  /** In the place of what is not `needed`, the oldest first. */
  #keep(key: string, segment: CompactSegment, needed: ReadonlyMap<string, CompactSegment>): void {
    if (this.#segments.delete(key)) this.#rows -= segment.rows;
    for (const [oldest, { rows }] of this.#segments) {
      if (this.#rows + segment.rows <= this.#limit || needed.has(oldest)) break;
      this.#segments.delete(oldest);
      this.#rows -= rows;
    }
    if (this.#rows + segment.rows > this.#limit) return;
    this.#segments.set(key, segment);
    this.#rows += segment.rows;
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
