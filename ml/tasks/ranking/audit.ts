import type { Group } from '../../../contracts/evidence/fairness.ts';
import { largestMeanGap, type Gap } from '../../fairness/contrasts.ts';
import { createRandom } from '../../random.ts';
import type { FairnessAudit, Task } from '../task.ts';
import { exposures, meansOverQueries } from './exposure.ts';
import { queriesOf } from './queries.ts';

/** Mean exposure by group, in (0, 1], and the largest gap between groups that are large enough. */
export const auditExposure: Task['audit'] = (audit) => {
  const { groups, candidate, champion, minGroupRows } = audit;
  const ours = exposureOf(audit, candidate.answer);
  const theirs = champion === null ? null : exposureOf(audit, champion.answer);
  const isLarge = ours.map(({ rows, error }) => rows >= Math.max(2, minGroupRows) && Number.isFinite(error));
  const rows = groups.names.map((group, i): Group => ({
    group,
    rows: ours[i]!.rows,
    meanExposure: isLarge[i] === true ? ours[i]!.mean : null,
    championLoss: theirs === null || isLarge[i] !== true ? null : theirs[i]!.mean,
    loss: null,
  }));
  const gap = gapOf(ours, isLarge, audit);
  return {
    attribute: groups.attribute,
    groups: rows,
    metrics: [
      {
        metric: 'exposureDifference',
        estimate: gap?.estimate ?? null,
        lower: gap?.lower ?? null,
        upper: gap?.upper ?? null,
        champion: theirs === null ? null : (gapOf(theirs, isLarge, audit)?.estimate ?? null),
      },
    ],
    inconclusive: rows.filter((_, i) => isLarge[i] !== true).map(({ group }) => group),
  };
};

function exposureOf({ groups, outcomes }: FairnessAudit, answer: Float64Array) {
  const queries = queriesOf(outcomes);
  return meansOverQueries(groups, queries, exposures(queries, answer));
}

const gapOf = (
  means: ReturnType<typeof exposureOf>,
  isLarge: readonly boolean[],
  { alpha, resamples, seed }: FairnessAudit,
): Gap | null =>
  largestMeanGap(
    means.filter((_, i) => isLarge[i] === true),
    { alpha, resamples, random: createRandom(seed) },
  );
