import type { Arm } from '../../../contracts/release/arm.ts';
import type { LossScale } from '../../../contracts/evidence/loss-scale.ts';
import type { LabelledKeys, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { answerLosses, type AnswerLosses } from './answer-losses.ts';
import { numberAt, type EarliestRows } from './earliest-rows.ts';
import type { LabelDelayCounter } from './label-delays.ts';
import type { ReleaseWindow } from './release-window.ts';
import { feedbackRow, type CompactSegment } from './log-columns.ts';
import { labelOf, rowWithId, type RowOf } from './row-with-id.ts';
import { CellsByShare, StepCounts } from './stepped-cells.ts';

/**
 * Labels of keys by their first live request. A request that failed was not right; one that was answered without a label has nothing
 * to be right about, and is left out. Answers that are neither right nor wrong have a loss.
 */
export class LiveLabelCounter {
  readonly #rows: EarliestRows;
  readonly #segments: readonly CompactSegment[];
  readonly #matureBefore: number;
  readonly #delays: LabelDelayCounter;
  readonly #losses: AnswerLosses | null;
  readonly #all: LabelCounts;
  readonly #mature: LabelCounts;

  /** `rows`: predictions, mirrors and labels, each the earliest of its id. */
  constructor(
    { matureBefore, labelSpace, errorCap = 1 }: Pick<ReleaseWindow, 'matureBefore' | 'labelSpace' | 'errorCap'>,
    rows: EarliestRows,
    segments: readonly CompactSegment[],
    delays: LabelDelayCounter,
  ) {
    this.#delays = delays;
    this.#rows = rows;
    this.#segments = segments;
    this.#matureBefore = matureBefore;
    this.#losses = answerLosses(labelSpace, errorCap);
    this.#all = new LabelCounts(this.#losses);
    this.#mature = new LabelCounts(this.#losses);
  }

  /** Takes the first request of a key while both versions had a share. */
  add(segment: CompactSegment, row: number, share: number, arm: Arm): void {
    const answer = segment.isError[row] === 1 ? null : labelOf({ segment, row });
    // What is not a number has no label, and is a loss.
    if (answer === null && segment.isError[row] !== 1 && this.#losses === null) return;
    const truth = rowWithId(this.#rows, this.#segments, feedbackRow, { segment, row });
    const label = truth === null ? null : labelOf(truth);
    if (truth !== null) this.#delays.add({ segment, row }, truth);
    const outcome = truth === null || label === null ? 'missing' : this.#outcomeOf({ segment, row }, answer, truth);
    this.#all.add(share, arm, outcome);
    if (numberAt(segment.at, row) < this.#matureBefore) this.#mature.add(share, arm, outcome);
  }

  counts(): ReleaseObservation['labelled'] {
    return { all: this.#all.sorted(), mature: this.#mature.sorted() };
  }

  /** Whether an answer is right, or the loss of a number; `answer` is null where the request failed. */
  #outcomeOf({ segment, row }: RowOf, answer: string | null, truth: RowOf): Outcome {
    if (this.#losses === null) return labelOf(truth) === answer ? 'right' : 'wrong';
    return segment.isError[row] === 1 ? 1 : this.#losses.lossOf({ segment, row }, truth);
  }
}

type Outcome = 'right' | 'wrong' | 'missing' | number;
const lossRange = { from: 0, to: 1 };

interface Cell extends Pick<LabelledKeys, 'share' | 'arm'> {
  readonly labels: Record<'right' | 'wrong' | 'missing', number>;
  readonly steps: StepCounts;
}

class LabelCounts {
  readonly #cells = new CellsByShare<Cell>((place) => ({
    ...place,
    labels: { right: 0, wrong: 0, missing: 0 },
    steps: new StepCounts(),
  }));
  readonly #scale: LossScale | null;

  /** `losses`: null where answers are right or wrong. */
  constructor(losses: AnswerLosses | null) {
    this.#scale = losses?.scale ?? null;
  }

  add(share: number, arm: Arm, outcome: Outcome): void {
    const { labels, steps } = this.#cells.at(share, arm);
    if (typeof outcome === 'number') steps.add(outcome, lossRange);
    else labels[outcome] += 1;
  }

  sorted(): LabelledKeys[] {
    const scale = this.#scale;
    return this.#cells.sorted().map(({ share, arm, labels, steps }) => ({
      share,
      arm,
      ...labels,
      ...(scale === null ? {} : { losses: { steps: steps.sorted(), ...scale } }),
    }));
  }
}
