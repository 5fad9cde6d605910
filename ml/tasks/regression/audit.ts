import type { Group } from '../../../contracts/evidence/fairness.ts';
import type { FairnessMetricName } from '../../../contracts/model/tasks/fairness-metrics.ts';
import { largestMeanGap, type Gap, type GroupMean } from '../../fairness/contrasts.ts';
import { meanLosses } from '../../fairness/mean-losses.ts';
import { momentsByGroup, type Moments } from '../../fairness/moments.ts';
import { createRandom } from '../../random.ts';
import type { FairnessAudit, Task } from '../task.ts';
import { boundedErrors } from './bounded-errors.ts';

/** Mean prediction, mean error (prediction less truth) and mean absolute error of a group. */
interface GroupErrors {
  readonly prediction: Moments;
  readonly error: Moments;
  readonly absolute: Moments;
}

/**
 * Means by group, in the unit of the target, and the gaps between them over the groups that are large enough. The loss of a group is the rise of
 * its mean bounded error over the champion's, in [-1, 1].
 */
export const auditNumbers: Task['audit'] = (audit) => {
  const { groups, outcomes, candidate, champion, cap, minGroupRows, alpha } = audit;
  const frame = errorsOf(audit, candidate.answer);
  const before = champion === null ? null : errorsOf(audit, champion.answer);
  const large = frame.map(({ error }) => error.rows >= Math.max(2, minGroupRows));
  const losses =
    champion === null
      ? null
      : meanLosses(
          groups,
          boundedErrors(outcomes.truth, candidate.answer, cap),
          boundedErrors(outcomes.truth, champion.answer, cap),
          large,
          alpha,
        );
  const rows = groups.names.map((group, i): Group => {
    const { prediction, error, absolute } = frame[i]!;
    const shown = (mean: number): number | null => (large[i] === true ? mean : null);
    return {
      group,
      rows: error.rows,
      meanPrediction: shown(prediction.mean),
      meanError: shown(error.mean),
      meanAbsoluteError: shown(absolute.mean),
      championLoss: before === null ? null : shown(before[i]!.absolute.mean),
      loss: losses?.[i] ?? null,
    };
  });
  const [ours, theirs] = [gapsOf(frame, large, audit), before === null ? null : gapsOf(before, large, audit)];
  return {
    attribute: groups.attribute,
    groups: rows,
    metrics: ours.map(([metric, gap]) => ({
      metric,
      estimate: gap?.estimate ?? null,
      lower: gap?.lower ?? null,
      upper: gap?.upper ?? null,
      champion: theirs?.find(([name]) => name === metric)?.[1]?.estimate ?? null,
    })),
    inconclusive: rows.filter((_, i) => large[i] !== true).map(({ group }) => group),
  };
};

function errorsOf({ groups, outcomes: { truth } }: FairnessAudit, answer: Float64Array): GroupErrors[] {
  const errors = answer.map((value, row) => value - truth[row]!);
  const [prediction, error, absolute] = [answer, errors, errors.map(Math.abs)].map((values) =>
    momentsByGroup(groups, values),
  ) as [Moments[], Moments[], Moments[]];
  return prediction.map((moments, i) => ({ prediction: moments, error: error[i]!, absolute: absolute[i]! }));
}

function gapsOf(
  frame: readonly GroupErrors[],
  large: readonly boolean[],
  { alpha, resamples, seed }: FairnessAudit,
): [FairnessMetricName, Gap | null][] {
  const random = createRandom(seed);
  const family = (of: (errors: GroupErrors) => Moments): GroupMean[] =>
    frame
      .filter((_, i) => large[i] === true)
      .map(of)
      .map(({ rows, mean, variance }) => ({ mean, error: Math.sqrt(variance / rows) }));
  const gap = (of: (errors: GroupErrors) => Moments): Gap | null =>
    largestMeanGap(family(of), { alpha, resamples, random });
  return [
    ['meanPredictionDifference', gap(({ prediction }) => prediction)],
    ['meanErrorDifference', gap(({ error }) => error)],
    ['meanAbsoluteErrorDifference', gap(({ absolute }) => absolute)],
  ];
}
