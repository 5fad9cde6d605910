import type { Arm } from '../../../contracts/release/arm.ts';
import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { EarliestRows, numberAt } from './earliest-rows.ts';
import { ShareCounts, stratumOf } from './event-kinds.ts';
import { forEachFirst } from './first-rows.ts';
import type { ReleaseWindow } from './release-window.ts';
import type { CompactSegment } from './log-columns.ts';
import { shareOf } from './arm.ts';

type ScoreEvents = NonNullable<ReleaseObservation['scoreEvents']>;
const [inBand, outOfRange] = [0, 1];
const strata = 3;

/** As `EventCounter`: each key counts by its first answer with a probability in the band, and by its first with none in [0, 1]. */
export class ScoreCounter {
  readonly #window: ReleaseWindow;
  readonly #band: NonNullable<ReleaseWindow['scoreEvents']>;
  readonly #segments: readonly CompactSegment[];
  /** A tag is the kind and the stratum of the share in one number. */
  readonly #first: EarliestRows;

  constructor(
    window: ReleaseWindow,
    band: NonNullable<ReleaseWindow['scoreEvents']>,
    segments: readonly CompactSegment[],
  ) {
    this.#window = window;
    this.#band = band;
    this.#segments = segments;
    this.#first = new EarliestRows(segments, 65_536);
  }

  /** Takes an answer; one with an error has no probability that could be wrong. */
  add(segment: CompactSegment, row: number, number: number, arm: Arm): void {
    if (segment.isError[row] === 1) return;
    const score = segment.score?.[row] ?? NaN;
    const kind = !(score >= 0 && score <= 1) ? outOfRange : this.#isInBand(score) ? inBand : null;
    if (kind === null) return;
    const tag = kind * strata + stratumOf(shareOf(segment, row, arm));
    this.#first.add(tag, numberAt(segment.keyHigh, row), numberAt(segment.keyLow, row), number, row);
  }

  counts(): ScoreEvents {
    const counts = { inBand: new ShareCounts(), outOfRange: new ShareCounts() };
    const log = { window: this.#window, segments: this.#segments };
    const bitOf = (tag: number): number => 1 << Math.floor(tag / strata);
    forEachFirst(this.#first, log, bitOf, ({ bits, arm, share }) => {
      if ((bits >> inBand) & 1) counts.inBand.add(share, arm);
      if ((bits >> outOfRange) & 1) counts.outOfRange.add(share, arm);
    });
    return { inBand: counts.inBand.sorted(), outOfRange: counts.outOfRange.sorted() };
  }

  #isInBand(score: number): boolean {
    return score >= this.#band.from && score <= this.#band.to;
  }
}
