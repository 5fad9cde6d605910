import type { Difference } from '../../contracts/evidence/quality.ts';
import type { QualityGate } from '../../contracts/model/task.ts';
import { metricFacts, type MetricName } from '../../contracts/model/tasks/metric-names.ts';
import type { Check, Verdict } from '../../contracts/verdict.ts';
import { check, short } from '../check.ts';
import { verdictOf } from '../verdict.ts';
import { gainOf } from './quality.ts';

export interface FoldsFacts {
  readonly folds: number;
  /** Mean over the folds; a metric that one of them could not measure is left out. */
  readonly means: readonly Difference[];
  /** Of the primary metric over the constant; null where a fold could not measure it. */
  readonly gain: Difference | null;
  /** The constant in words. */
  readonly constant: string;
  readonly champion: number | null;
  readonly gate: Pick<QualityGate, 'limits' | 'primary'>;
}

/**
 * Judges the trainer by the mean over folds. A mean beyond its limit fails, and one whose interval reaches beyond it is warned of. A first version must
 * be better than the constant, on the bound; one with a champion is judged beside that by the quality gate, and only warned of.
 */
export function judgeFolds(facts: FoldsFacts): Verdict {
  const limits = (Object.entries(facts.gate.limits) as [MetricName, number][]).map(([metric, limit]) =>
    withinLimit(metric, limit, facts),
  );
  return verdictOf([...limits, aboveConstant(facts)]);
}

const unmeasured = (name: string, metric: MetricName, limit: number): Check =>
  check(name, 'inconclusive', null, limit, `${metric} is undefined on the test rows of a fold: lower quality.folds`);

function withinLimit(metric: MetricName, limit: number, { means, folds }: FoldsFacts): Check {
  const name = `${metric}.folds`;
  const mean = means.find((one) => one.metric === metric);
  if (mean === undefined) return unmeasured(name, metric, limit);
  const { estimate, lower, upper } = mean;
  const isHigher = metricFacts[metric].direction === 'higher';
  const isWithin = (value: number): boolean => (isHigher ? value >= limit : value <= limit);
  const status = !isWithin(estimate) ? 'fail' : isWithin(lower) && isWithin(upper) ? 'pass' : 'warn';
  const doubt = status === 'warn' ? ', and the interval reaches beyond it' : '';
  const message = `${metric} is ${short(estimate)} over ${folds} folds (${short(lower)} to ${short(upper)}), ${isHigher ? 'at least' : 'at most'} ${limit} is asked for${doubt}`;
  return check(name, status, estimate, limit, message);
}

function aboveConstant({ gain: found, constant, folds, champion, gate: { primary } }: FoldsFacts): Check {
  const name = `${primary}.baseline`;
  const gain = found === null ? null : gainOf(primary, [found]);
  if (gain === null) return unmeasured(name, primary, 0);
  const isBetter = gain.lower > 0;
  const message = `${primary} is ${isBetter ? '' : 'not shown to be '}better than that of ${constant}: gain ${short(gain.estimate)} over ${folds} folds, lower confidence bound ${short(gain.lower)}${isBetter ? '' : '. Give the model features that tell of the label, or more rows'}`;
  return check(name, isBetter ? 'pass' : champion === null ? 'fail' : 'warn', gain.lower, 0, message);
}
