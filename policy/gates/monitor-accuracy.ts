import type { MonitorEvidence } from '../../contracts/evidence/monitor.ts';
import type { LabelDelay } from '../../contracts/evidence/release.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { Check } from '../../contracts/verdict.ts';
import { clustersOf, effectiveRows } from '../../ml/drift/clusters.ts';
import { wilsonInterval, type Interval } from '../../ml/statistics/proportion.ts';
import { check, percent, reported } from '../check.ts';
import { undeclaredMaturity } from '../release/label-cohorts.ts';

type LabelRule = Pick<ReleasePolicy, 'labels'>;

/** Milliseconds since the epoch; `to` is left out. */
export interface Cohort {
  readonly from: number;
  readonly to: number;
}

/**
 * The newest requests, a window long, that are old enough to have their label if it ever comes. Null where that age is not declared:
 * which labels have come then may depend on what they say.
 */
export function labelCohort({ window }: ModelDefinition['monitor'], { labels }: LabelRule, now: number): Cohort | null {
  return labels.maturity === null ? null : { from: now - labels.maturity - window, to: now - labels.maturity };
}

/** Answers of a cohort, with the number of the key of each. */
export interface LabelledAnswers {
  /** 1 where the answer was right; of those with a label. */
  readonly right: Uint8Array;
  readonly rightKeys: Int32Array;
  readonly unlabelledKeys: Int32Array;
}

/**
 * Share of right answers with Wilson's 95 % interval, null without labels. Answers to one key are right or wrong together: they
 * count as the independent answers that they are worth. As the policy says, answers without a label are left out, or are wrong in the
 * lower bound and right in the upper one, so that no conclusion depends on which labels come.
 */
export function monitoredAccuracy(
  { right, rightKeys, unlabelledKeys }: LabelledAnswers,
  { missing }: ReleasePolicy['labels'],
): MonitorEvidence['accuracy'] {
  const labels = right.length;
  if (labels === 0) return null;
  const shareWith = (value: 0 | 1): Interval => {
    if (missing === 'random') return shareOf(right, rightKeys);
    const all = new Uint8Array(labels + unlabelledKeys.length).fill(value);
    const keys = new Int32Array(all.length);
    all.set(right);
    keys.set(rightKeys);
    keys.set(unlabelledKeys, labels);
    return shareOf(all, keys);
  };
  const [worst, best] = [shareWith(0), shareWith(1)];
  return {
    estimate: right.reduce((sum, value) => sum + value, 0) / labels,
    lower: worst.lower,
    upper: best.upper,
    least: worst.estimate,
    most: best.estimate,
    unlabelled: unlabelledKeys.length,
  };
}

function shareOf(right: Uint8Array, keys: Int32Array): Interval {
  const share = right.reduce((sum, value) => sum + value, 0) / right.length;
  const worth = effectiveRows(Uint16Array.from(right), 2, clustersOf(keys));
  return { ...wilsonInterval(share * worth, worth), estimate: share };
}

export interface AccuracyFacts {
  readonly accuracy: MonitorEvidence['accuracy'];
  /** Least share of right answers; nothing is asked for where it is absent. */
  readonly limit: number | undefined;
  readonly labels: ReleasePolicy['labels'];
  /** Of the labels that came in the window, by what they say. */
  readonly delays: readonly LabelDelay[];
}

/**
 * Fails when even the upper bound is below the limit, and warns when the share is. Passes when the share is not, even if answers
 * without a label were wrong; where that decides, nothing can be said.
 */
export function accuracyChecks({ accuracy, limit, labels, delays }: AccuracyFacts): Check[] {
  if (limit === undefined) return [];
  const unknown = (why: string): Check[] => [reported('live.accuracy', 'inconclusive', null, limit, why)];
  const undeclared = undeclaredMaturity({ labels }, delays);
  if (undeclared !== null) return unknown(`live accuracy is not judged: ${undeclared}`);
  if (accuracy === null)
    return unknown(
      'no request that this version answered and that is as old as release.labels.maturity says has a label',
    );
  const { estimate, lower, upper, least, most, unlabelled } = accuracy;
  const missing =
    unlabelled === 0 || labels.missing === 'random'
      ? ''
      : `, for any value of the ${unlabelled} labels that did not come`;
  const said = `live accuracy is ${percent(estimate)} (${percent(lower)} to ${percent(upper)}${missing}), at least ${percent(limit)} is asked for`;
  if (upper < limit) return [check('live.accuracy', 'fail', estimate, limit, said)];
  if (most < limit) return [check('live.accuracy', 'warn', estimate, limit, said)];
  if (least >= limit) return [check('live.accuracy', 'pass', estimate, limit, said)];
  const remedy =
    'raise release.labels.maturity where labels come later, or write missing: random where every label comes equally often';
  return [reported('live.accuracy', 'inconclusive', estimate, limit, `${said}: ${remedy}`)];
}
