import { EarliestRows, numberAt } from './earliest-rows.ts';
import type { CompactSegment } from './log-columns.ts';

/** Requests whose mirrored request was dropped, whether that was noted or it never came, and the keys by the first of theirs. */
export class DropCounter {
  requests = 0;
  readonly #first: EarliestRows;
  readonly #segments: readonly CompactSegment[];

  constructor(segments: readonly CompactSegment[]) {
    this.#segments = segments;
    this.#first = new EarliestRows(segments, 0);
  }

  add(segment: CompactSegment, row: number, number: number): void {
    this.requests += 1;
    this.#first.add(0, numberAt(segment.keyHigh, row), numberAt(segment.keyLow, row), number, row);
  }

  /** The first such request of each key. */
  forEachKey(take: (segment: CompactSegment, row: number) => void): void {
    for (const [number, marks] of this.#first.marks(() => 1).entries()) {
      const segment = this.#segments[number];
      if (segment === undefined) continue;
      for (let row = marks.indexOf(1); row >= 0; row = marks.indexOf(1, row + 1)) take(segment, row);
    }
  }
}
