import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { LossScale } from '../../../contracts/evidence/loss-scale.ts';
import type { Arm } from '../../../contracts/release/arm.ts';
import { rankLive } from '../../../ml/tasks/ranking/live-queries.ts';
import { ndcgOf } from '../../../ml/tasks/ranking/ndcg.ts';
import { answerLosses, scoreOf } from './answer-losses.ts';
import { numberAt } from './earliest-rows.ts';
import type { CompactSegment } from './log-columns.ts';
import type { RowOf } from './row-with-id.ts';

/** A row of a request that both versions answered, and its label where one came. */
export interface PairedRow extends Readonly<Record<Arm, RowOf>> {
  readonly truth: RowOf | null;
}

/** What both versions lost on a request, each in [0, 1]; `missing` where no label came, and null where the labels say nothing. */
export type PairLoss = Readonly<Record<Arm, number>> | 'missing' | null;

export interface PairLosses {
  readonly scale: LossScale;
  /** Whether all rows of a request are judged together, else the one that stands for its key. */
  readonly ofRequest: boolean;
  readonly lossOf: (rows: readonly PairedRow[]) => PairLoss;
}

/** How live answers are judged where it is not by right and wrong labels, else null. `cap`: of errors, in the unit of the target. */
export function pairLosses(space: LabelSpace, cap: number): PairLosses | null {
  if (space.task === 'ranking') return { scale: { of: 'ndcg', cap: 1 }, ofRequest: true, lossOf: rankedLoss };
  const losses = answerLosses(space, cap);
  if (losses === null) return null;
  const { scale, lossOf } = losses;
  return {
    scale,
    ofRequest: false,
    lossOf: ([pair]) =>
      pair === undefined || pair.truth === null
        ? 'missing'
        : { champion: lossOf(pair.champion, pair.truth), canary: lossOf(pair.canary, pair.truth) },
  };
}

/** 1 less the NDCG of the request's rows. A row that no label came for is not relevant, and a request without a relevant row says nothing. */
function rankedLoss(rows: readonly PairedRow[]): PairLoss {
  if (rows.every(({ truth }) => truth === null)) return 'missing';
  const grades = Float64Array.from(rows, ({ truth: label }) => (label === null ? NaN : scoreOf(label)));
  const query = new Int32Array(rows.length);
  const lost = (arm: Arm): number | null => {
    const scores = Float64Array.from(rows, (pair) => scoreOf(pair[arm]));
    const [ranked] = rankLive({ query, grades, scores });
    return ranked === undefined ? null : 1 - ndcgOf(ranked, Infinity);
  };
  const [champion, canary] = [lost('champion'), lost('canary')];
  return champion === null || canary === null ? null : { champion, canary };
}

const sameInRequest = ['kind', 'at', 'ms', 'version', 'seq', 'keyHigh', 'keyLow'] as const;

/** The rows of the request that the row belongs to: they were logged one after the other, and share all but their ids. */
export function rowsOfRequest(segment: CompactSegment, row: number): RowOf[] {
  const isSame = (other: number): boolean =>
    sameInRequest.every((name) => numberAt(segment[name], other) === numberAt(segment[name], row));
  let [from, to] = [row, row + 1];
  while (from > 0 && isSame(from - 1)) from -= 1;
  while (to < segment.rows && isSame(to)) to += 1;
  return Array.from({ length: to - from }, (_, i) => ({ segment, row: from + i }));
}
