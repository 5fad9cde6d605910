import type { LiveMean, MonitorEvidence, RankedRequests } from '../../contracts/evidence/monitor.ts';
import type { LabelDelay } from '../../contracts/evidence/release.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { Check } from '../../contracts/verdict.ts';
import { clustersOf, effectiveRows } from '../../ml/drift/clusters.ts';
import { clusteredMean } from '../../ml/statistics/clustered-mean.ts';
import { wilsonInterval, type Interval } from '../../ml/statistics/proportion.ts';
import { check, percent, reported, short } from '../check.ts';
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
  readonly labelledKeys: Int32Array;
  /** 1 where the answer was right; of those with a label, where labels are classes. */
  readonly right: Uint8Array;
  /** Distance of the answer from the label; of those with a label, where labels are numbers. */
  readonly distances: Float64Array;
  readonly unlabelledKeys: Int32Array;
}

/**
 * Share of right answers with Wilson's 95 % interval, null without labels. Answers to one key are right or wrong together: they
 * count as the independent answers that they are worth. As the policy says, answers without a label are left out, or are wrong in the
 * lower bound and right in the upper one, so that no conclusion depends on which labels come.
 */
export const monitoredAccuracy = (
  answers: Omit<LabelledAnswers, 'distances'>,
  labels: ReleasePolicy['labels'],
): MonitorEvidence['accuracy'] => meanOf(Float64Array.from(answers.right), answers, labels, shareOf);

/** Mean NDCG of the requests of a ranking, as `monitoredAccuracy`, with the interval of `clusteredMean`. */
export const monitoredRanking = (
  ndcg: Float64Array,
  answers: Pick<LabelledAnswers, 'labelledKeys' | 'unlabelledKeys'>,
  labels: ReleasePolicy['labels'],
): MonitorEvidence['accuracy'] =>
  meanOf(ndcg, answers, labels, (values, keys) => clusteredMean(values, clustersOf(keys)));

/**
 * Mean absolute error of numbers in the target's unit, each at most `cap`, as `monitoredAccuracy`: answers without a label have no error in the
 * lower bound, and `cap` in the upper one. The interval is that of `clusteredMean`. An answer that is not a number has the error `cap`.
 */
export function monitoredError(
  answers: Omit<LabelledAnswers, 'right'>,
  labels: ReleasePolicy['labels'],
  cap: number,
): MonitorEvidence['error'] {
  const losses = answers.distances.map((distance) => (Number.isNaN(distance) ? 1 : Math.min(1, distance / cap)));
  const mean = meanOf(losses, answers, labels, (values, keys) => clusteredMean(values, clustersOf(keys)));
  if (mean === null) return null;
  const { estimate, lower, upper, least, most, unlabelled } = mean;
  return {
    estimate: estimate * cap,
    lower: lower * cap,
    upper: upper * cap,
    least: least * cap,
    most: most * cap,
    unlabelled,
    cap,
  };
}

/** Of values in [0, 1] of the answers with a label; those without one have each value, as the policy says. */
function meanOf(
  values: Float64Array,
  { labelledKeys, unlabelledKeys }: Pick<LabelledAnswers, 'labelledKeys' | 'unlabelledKeys'>,
  { missing }: ReleasePolicy['labels'],
  intervalOf: (values: Float64Array, keys: Int32Array) => Interval,
): LiveMean | null {
  const labels = values.length;
  if (labels === 0) return null;
  const meanWith = (value: 0 | 1): Interval => {
    if (missing === 'random') return intervalOf(values, labelledKeys);
    const all = new Float64Array(labels + unlabelledKeys.length).fill(value);
    const keys = new Int32Array(all.length);
    all.set(values);
    keys.set(labelledKeys);
    keys.set(unlabelledKeys, labels);
    return intervalOf(all, keys);
  };
  const [low, high] = [meanWith(0), meanWith(1)];
  return {
    estimate: values.reduce((sum, value) => sum + value, 0) / labels,
    lower: low.lower,
    upper: high.upper,
    least: low.estimate,
    most: high.estimate,
    unlabelled: unlabelledKeys.length,
  };
}

function shareOf(right: Float64Array, keys: Int32Array): Interval {
  const share = right.reduce((sum, value) => sum + value, 0) / right.length;
  const worth = effectiveRows(Uint16Array.from(right), 2, clustersOf(keys));
  return { ...wilsonInterval(share * worth, worth), estimate: share };
}

export interface AccuracyFacts {
  readonly accuracy: MonitorEvidence['accuracy'];
  readonly error: MonitorEvidence['error'];
  /** Of a ranking. */
  readonly ranked?: RankedRequests | undefined;
  /** Least share of right answers, and greatest mean error; nothing is asked for where they are absent. */
  readonly limits: Pick<ModelDefinition['monitor'], 'minAccuracy' | 'maxError'>;
  readonly labels: ReleasePolicy['labels'];
  /** Of the labels that came in the window, by what they say. */
  readonly delays: readonly LabelDelay[];
}

/**
 * Fails when even the better bound is beyond the limit, and warns when the mean is. Passes when it is not, even if answers without a label were
 * at their worst; where that decides, nothing can be said.
 */
export const accuracyChecks = ({ accuracy, error, ranked, limits, labels, delays }: AccuracyFacts): Check[] => [
  ...limitChecks('live.accuracy', accuracy, limits.minAccuracy, { labels, delays, ranked }),
  ...limitChecks('live.error', error, limits.maxError, { labels, delays }),
];

/** How each check is spoken of, and which side of its limit is good. */
const spoken = {
  'live.accuracy': { what: 'live accuracy', text: percent, good: 'high', asked: 'at least' },
  'live.error': { what: 'live mean absolute error', text: short, good: 'low', asked: 'at most' },
} as const;
const spokenOfRanking = { ...spoken['live.accuracy'], what: 'live mean NDCG', text: short };

function limitChecks(
  name: keyof typeof spoken,
  seen: (LiveMean & { readonly cap?: number }) | null,
  limit: number | undefined,
  { labels, delays, ranked }: Pick<AccuracyFacts, 'labels' | 'delays' | 'ranked'>,
): Check[] {
  if (limit === undefined) return [];
  const { what, text, good, asked } = ranked === undefined ? spoken[name] : spokenOfRanking;
  const unknown = (why: string): Check[] => [reported(name, 'inconclusive', null, limit, why)];
  const undeclared = undeclaredMaturity({ labels }, delays);
  if (undeclared !== null) return unknown(`${what} is not judged: ${undeclared}`);
  if (seen === null)
    return unknown(
      `no request that this version answered and that is as old as release.labels.maturity says has a label${ranked === undefined ? '' : ' of a relevant row'}`,
    );
  if (ranked?.ordered === 0)
    return unknown(
      `${what} is not judged: each of the ${ranked.judged} requests with a label of a relevant row has one row, which has no order: send the rows of a query in one request`,
    );
  const { estimate, lower, upper, least, most, unlabelled, cap } = seen;
  if (cap !== undefined && limit >= cap)
    return unknown(
      `${what} is not judged: errors count as at most ${short(cap)}, so that none is above ${short(limit)}: lower monitor.maxError`,
    );
  const missing =
    unlabelled === 0 || labels.missing === 'random'
      ? ''
      : `, for any value of the ${unlabelled} labels that did not come`;
  const capped = cap === undefined ? '' : `; errors above ${short(cap)} count as that`;
  const silent =
    (ranked?.irrelevant ?? 0) === 0 ? '' : `; ${ranked?.irrelevant} requests without a relevant row are left out`;
  const said = `${what} is ${text(estimate)} (${text(lower)} to ${text(upper)}${missing}${capped}${silent}), ${asked} ${text(limit)} is asked for`;
  const isBad = (value: number): boolean => (good === 'high' ? value < limit : value > limit);
  const [bound, best, worst] = good === 'high' ? [upper, most, least] : [lower, least, most];
  if (isBad(bound)) return [check(name, 'fail', estimate, limit, said)];
  if (isBad(best)) return [check(name, 'warn', estimate, limit, said)];
  if (!isBad(worst)) return [check(name, 'pass', estimate, limit, said)];
  const remedy =
    'raise release.labels.maturity where labels come later, or write missing: random where every label comes equally often';
  return [reported(name, 'inconclusive', estimate, limit, `${said}: ${remedy}`)];
}
