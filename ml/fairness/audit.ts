import type { AttributeAudit, Group } from '../../contracts/evidence/fairness.ts';
import type { BinaryPredictions } from '../metrics/binary-predictions.ts';
import type { FairnessMetricName } from '../../contracts/model/tasks/fairness-metrics.ts';
import { ratio } from '../metrics/confusion.ts';
import { createRandom } from '../random.ts';
import { largestGap, smallestRateRatio } from './contrasts.ts';
import type { Gap, Simultaneous } from './contrasts.ts';
import { groupLosses } from './group-loss.ts';
import type { Groups } from './groups.ts';
import { confusionByGroup, rateNames, ratesOf } from './rates.ts';
import type { Rate, RateName, Rates } from './rates.ts';

export interface FairnessAudit {
  readonly groups: Groups;
  /** 1 is positive. */
  readonly labels: Uint8Array;
  readonly candidate: BinaryPredictions;
  /** The champion's on the same rows; null where there is none. */
  readonly champion: BinaryPredictions | null;
  /** A group with fewer rows has no rates. */
  readonly minGroupRows: number;
  /** Fewest positives for TPR, negatives for FPR, predicted positives for precision. */
  readonly minGroupEvents: number;
  /** Intervals of one metric hold together with chance `1 - alpha`. */
  readonly alpha: number;
  /** Draws for the critical value of the simultaneous intervals. */
  readonly resamples: number;
  readonly seed: number;
}

/**
 * Audits one attribute: the metric frame by group and the parity metrics over the groups that are large enough.
 * Demographic parity: gap and ratio of selection rates; equalized odds: the larger of the gaps of TPR and FPR (as
 * fairlearn); equal opportunity: gap of TPR; predictive parity: gap of precision. 0 (ratio: 1) is parity. A group that is
 * too small has null rates, stays in the list, and is named in `inconclusive`.
 */
export function auditAttribute(audit: FairnessAudit): AttributeAudit {
  const { groups, labels, candidate, champion } = audit;
  const cells = confusionByGroup(groups, labels, candidate.positive);
  const frame = cells.map(ratesOf);
  const before = champion === null ? null : confusionByGroup(groups, labels, champion.positive).map(ratesOf);
  const large = frame.map((rates) => rates.selectionRate.trials >= audit.minGroupRows);
  const losses =
    champion === null ? null : groupLosses(groups, labels, candidate.positive, champion.positive, large, audit.alpha);
  const rows = groups.names.map((group, i): Group => {
    const rates = frame[i] as Rates;
    return {
      group,
      rows: rates.selectionRate.trials,
      positives: rates.tpr.trials,
      predictedPositives: rates.selectionRate.events,
      ...(Object.fromEntries(rateNames.map((name) => [name, shownRate(rates, name, audit)])) as Record<
        RateName,
        number | null
      >),
      championLoss: before === null ? null : shownRate(before[i] as Rates, 'errorRate', audit),
      loss: losses?.[i] ?? null,
    };
  });
  return {
    attribute: groups.attribute,
    groups: rows,
    metrics: metricsOf(frame, before, audit),
    inconclusive: rows.filter((row) => rateNames.some((name) => row[name] === null)).map((row) => row.group),
  };
}

function isLarge(rates: Rates, name: RateName, { minGroupRows, minGroupEvents }: FairnessAudit): boolean {
  const conditional = name === 'tpr' || name === 'fpr' || name === 'precision';
  return (
    rates.selectionRate.trials >= Math.max(1, minGroupRows) &&
    (!conditional || rates[name].trials >= Math.max(1, minGroupEvents))
  );
}

const shownRate = (rates: Rates, name: RateName, audit: FairnessAudit): number | null =>
  isLarge(rates, name, audit) ? ratio(rates[name].events, rates[name].trials) : null;

function metricsOf(
  frame: readonly Rates[],
  before: readonly Rates[] | null,
  audit: FairnessAudit,
): AttributeAudit['metrics'] {
  const ours = parityMetrics(frame, audit);
  const theirs = before === null ? null : parityMetrics(before, audit);
  return (Object.keys(ours) as FairnessMetricName[]).map((metric) => ({
    metric,
    estimate: ours[metric]?.estimate ?? null,
    lower: ours[metric]?.lower ?? null,
    upper: ours[metric]?.upper ?? null,
    champion: theirs?.[metric]?.estimate ?? null,
  }));
}

function parityMetrics(frame: readonly Rates[], audit: FairnessAudit) {
  const simultaneous: Simultaneous = { ...audit, random: createRandom(audit.seed) };
  const family = (name: RateName): Rate[] =>
    frame.filter((rates) => isLarge(rates, name, audit)).map((rates) => rates[name]);
  const gaps: Partial<Record<FairnessMetricName, Gap | null>> = {
    demographicParityDifference: largestGap([family('selectionRate')], simultaneous),
    demographicParityRatio: smallestRateRatio(family('selectionRate'), simultaneous),
    equalizedOddsDifference: largestGap([family('tpr'), family('fpr')], simultaneous),
    equalOpportunityDifference: largestGap([family('tpr')], simultaneous),
    predictiveParityDifference: largestGap([family('precision')], simultaneous),
  };
  return gaps;
}
