import type { Arm } from '../../../contracts/release/arm.ts';
import type { BakeEvents } from '../../../contracts/evidence/release.ts';
import { EarliestRows, numberAt } from './earliest-rows.ts';
import { errorBit, eventBits, ShareCounts, slowBit, stratumOf } from './event-kinds.ts';
import { forEachFirst } from './first-rows.ts';
import type { ReleaseWindow } from './release-window.ts';
import type { CompactSegment } from './log-columns.ts';
import { shareOf } from './arm.ts';

const kinds = [
  ['error', errorBit],
  ['slow', slowBit],
] as const;

/** A mark of a row has eight bits. */
const mostStarts = 8 / kinds.length;

/** First events of each key while both versions had a share, since each start of the bake by itself: a later start knows no earlier event. */
export class BakeCounter {
  readonly #window: ReleaseWindow;
  readonly #segments: readonly CompactSegment[];
  /** A tag is the number of the start times the kinds, and the kind. */
  readonly #first: EarliestRows;

  constructor(window: ReleaseWindow, segments: readonly CompactSegment[]) {
    if (window.bakeStarts.length > mostStarts)
      throw new RangeError(`${window.bakeStarts.length} starts of a bake: at most ${mostStarts} are counted`);
    this.#window = window;
    this.#segments = segments;
    this.#first = new EarliestRows(segments, 1_024);
  }

  add(segment: CompactSegment, row: number, number: number, arm: Arm): void {
    const bits = eventBits(segment, row, this.#window.slowMs, false);
    if ((bits & (errorBit | slowBit)) === 0 || stratumOf(shareOf(segment, row, arm)) !== 2) return;
    for (const [index, start] of this.#window.bakeStarts.entries()) {
      if (numberAt(segment.at, row) < start) return;
      for (const [kind, [, bit]] of kinds.entries())
        if ((bits & bit) !== 0)
          this.#first.add(
            index * kinds.length + kind,
            numberAt(segment.keyHigh, row),
            numberAt(segment.keyLow, row),
            number,
            row,
          );
    }
  }

  /** By start, in their order. */
  counts(): BakeEvents[] {
    const counted = this.#window.bakeStarts.map(() => ({ error: new ShareCounts(), slow: new ShareCounts() }));
    const log = { window: this.#window, segments: this.#segments };
    forEachFirst(
      this.#first,
      log,
      (tag) => 1 << tag,
      ({ bits, arm, share }) => {
        for (const [index, counts] of counted.entries())
          for (const [place, [kind]] of kinds.entries())
            if ((bits >> (index * kinds.length + place)) & 1) counts[kind].add(share, arm);
      },
    );
    return counted.map(({ error, slow }) => ({ error: error.sorted(), slow: slow.sorted() }));
  }
}
