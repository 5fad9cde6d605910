import type { Arm } from '../../../contracts/release/arm.ts';
import type { LossScale } from '../../../contracts/evidence/loss-scale.ts';
import type { LabelledKeys, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { placeOfValue, type SteppedValues } from '../../../contracts/evidence/values.ts';
import { answerLosses, type AnswerLosses } from './answer-losses.ts';
import { numberAt, textAt, type EarliestRows } from './earliest-rows.ts';
import type { LabelDelayCounter } from './label-delays.ts';
import type { ReleaseWindow } from './release-window.ts';
import { feedbackRow, type CompactSegment } from './log-columns.ts';
import { rowWithId, type RowOf } from './row-with-id.ts';

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
    const answer = segment.isError[row] === 1 ? null : textAt(segment.texts, segment.label, row);
    // What is not a number has no label, and is a loss.
    if (answer === null && segment.isError[row] !== 1 && this.#losses === null) return;
    const truth = rowWithId(this.#rows, this.#segments, feedbackRow, { segment, row });
    const label = truth === null ? null : textAt(truth.segment.texts, truth.segment.label, truth.row);
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
    if (this.#losses === null)
      return textAt(truth.segment.texts, truth.segment.label, truth.row) === answer ? 'right' : 'wrong';
    return segment.isError[row] === 1 ? 1 : this.#losses.lossOf({ segment, row }, truth);
  }
}

type Outcome = 'right' | 'wrong' | 'missing' | number;
const lossRange = { from: 0, to: 1 };

class LabelCounts {
  readonly #counts: { readonly counts: LabelledKeys; readonly steps: Map<number, SteppedValues> }[] = [];
  readonly #scale: LossScale | null;

  /** `losses`: null where answers are right or wrong. */
  constructor(losses: AnswerLosses | null) {
    this.#scale = losses?.scale ?? null;
  }

  add(share: number, arm: Arm, outcome: Outcome): void {
    let cell = this.#counts.find(({ counts }) => counts.share === share && counts.arm === arm);
    if (cell === undefined)
      this.#counts.push((cell = { counts: { share, arm, right: 0, wrong: 0, missing: 0 }, steps: new Map() }));
    if (typeof outcome !== 'number') {
      cell.counts[outcome] += 1;
      return;
    }
    const { step, low, high } = placeOfValue(outcome, lossRange);
    const [, keys, lows, highs] = cell.steps.get(step) ?? [step, 0, 0, 0];
    cell.steps.set(step, [step, keys + 1, lows + low, highs + high]);
  }

  /** By share, the champion's first; steps in their order. */
  sorted(): LabelledKeys[] {
    const scale = this.#scale;
    return this.#counts
      .map(({ counts, steps }) =>
        scale === null
          ? counts
          : { ...counts, losses: { steps: [...steps.values()].toSorted(([a], [b]) => a - b), ...scale } },
      )
      .toSorted((a, b) => a.share - b.share || (a.arm === 'champion' ? -1 : 1));
  }
}
