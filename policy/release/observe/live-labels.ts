import type { Arm } from '../../../contracts/release/arm.ts';
import type { LabelledKeys, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { numberAt, textAt, type EarliestRows } from './earliest-rows.ts';
import type { LabelDelayCounter } from './label-delays.ts';
import type { ReleaseWindow } from './release-window.ts';
import { feedbackRow, type CompactSegment } from './log-columns.ts';
import { rowWithId } from './row-with-id.ts';

/**
 * Labels of keys by their first live request. A request that failed was not right; one that was answered without a label has nothing
 * to be right about, and is left out.
 */
export class LiveLabelCounter {
  readonly #rows: EarliestRows;
  readonly #segments: readonly CompactSegment[];
  readonly #matureBefore: number;
  readonly #delays: LabelDelayCounter;
  readonly #all = new LabelCounts();
  readonly #mature = new LabelCounts();

  /** `rows`: predictions, mirrors and labels, each the earliest of its id. */
  constructor(
    { matureBefore }: Pick<ReleaseWindow, 'matureBefore'>,
    rows: EarliestRows,
    segments: readonly CompactSegment[],
    delays: LabelDelayCounter,
  ) {
    this.#delays = delays;
    this.#rows = rows;
    this.#segments = segments;
    this.#matureBefore = matureBefore;
  }

  /** Takes the first request of a key while both versions had a share. */
  add(segment: CompactSegment, row: number, share: number, arm: Arm): void {
    const answer = segment.isError[row] === 1 ? null : textAt(segment.texts, segment.label, row);
    if (answer === null && segment.isError[row] !== 1) return;
    const truth = rowWithId(this.#rows, this.#segments, feedbackRow, { segment, row });
    const label = truth === null ? null : textAt(truth.segment.texts, truth.segment.label, truth.row);
    if (truth !== null) this.#delays.add({ segment, row }, truth);
    const outcome = label === null ? 'missing' : label === answer ? 'right' : 'wrong';
    this.#all.add(share, arm, outcome);
    if (numberAt(segment.at, row) < this.#matureBefore) this.#mature.add(share, arm, outcome);
  }

  counts(): ReleaseObservation['labelled'] {
    return { all: this.#all.sorted(), mature: this.#mature.sorted() };
  }
}

class LabelCounts {
  readonly #counts: LabelledKeys[] = [];

  add(share: number, arm: Arm, outcome: 'right' | 'wrong' | 'missing'): void {
    let counts = this.#counts.find((known) => known.share === share && known.arm === arm);
    if (counts === undefined) this.#counts.push((counts = { share, arm, right: 0, wrong: 0, missing: 0 }));
    counts[outcome] += 1;
  }

  /** By share, the champion's first. */
  sorted(): LabelledKeys[] {
    return this.#counts.toSorted((a, b) => a.share - b.share || (a.arm === 'champion' ? -1 : 1));
  }
}
