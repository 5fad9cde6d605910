import type { Difference, MetricValues, QualityEvidence, SeenRows } from '../../contracts/evidence/quality.ts';
import type { QualityGate } from '../../contracts/model/task.ts';
import { metricFacts, type MetricName } from '../../contracts/model/tasks/metric-names.ts';
import type { Check, Verdict } from '../../contracts/verdict.ts';
import { faultyRows, hasFaults } from '../../ml/tasks/probability-faults.ts';
import type { PredictionFaults } from '../../ml/tasks/task.ts';
import { check, percent, short } from '../check.ts';
import { verdictOf } from '../verdict.ts';
import { exchangedClasses, type LabelRows } from './exchanged-classes.ts';
import { unseenTestRows } from './unseen-test-rows.ts';

export interface QualityFacts {
  readonly candidate: MetricValues;
  readonly faults: PredictionFaults;
  /** Of an imported model: test rows, and how many of them it was trained on, or that nobody told. Null or left out of one trained here. */
  readonly seen?: SeenRows | 'untold' | null;
  /** Of an imported model of two classes: test rows by label. @default it was trained here */
  readonly labelRows?: LabelRows | null;
  /** Version of the champion on the same rows; null where there is none. */
  readonly champion: number | null;
  /** What the same answer to every row gets. @default nothing is known of it */
  readonly baseline?: QualityEvidence['baseline'];
  /** Why the champion could not be asked; null where it was. */
  readonly incomparable: string | null;
  readonly differences: readonly Difference[];
  readonly gate: QualityGate;
  /** Whether limits and the constant answer are judged by folds, or were to be judged by them. @default not asked for */
  readonly folds?: 'judged' | 'imported' | null;
}

/** The metrics whose difference the gate needs: those with a margin, and the primary one. */
export const comparedMetrics = (gate: QualityGate): MetricName[] => [
  ...new Set([gate.primary, ...(Object.keys(gate.margins) as MetricName[])]),
];

/**
 * Judges a candidate by absolute limits, and by the confidence bounds of its paired differences to the champion: not worse
 * than the margin on every metric that has one, and better on the primary one where the gate asks for that. Without a
 * champion nothing can be compared, which holds the gate for a person.
 */
export function judgeQuality(facts: QualityFacts): Verdict {
  const { gate, champion } = facts;
  const byFolds = facts.folds === 'judged';
  const limits = byFolds
    ? []
    : (Object.entries(gate.limits) as [MetricName, number][]).map(([metric, limit]) =>
        withinLimit(metric, facts.candidate[metric] ?? null, limit),
      );
  const faults = [
    ...exchangedClasses(facts.candidate.auc ?? null, facts.labelRows ?? null),
    ...unseenTestRows(facts.seen ?? null),
    ...(facts.folds === 'imported' ? [trainedOnce] : []),
    ...faultChecks(facts.faults),
  ];
  if (hasFaults(facts.faults)) return verdictOf([...faults, ...limits]);
  if (champion === null)
    return verdictOf([...faults, ...limits, ...(byFolds ? [] : aboveBaseline(facts)), nothingToCompare()]);
  if (facts.incomparable !== null)
    return verdictOf([
      ...faults,
      ...limits,
      check(
        'champion.comparison',
        'inconclusive',
        null,
        null,
        `${facts.incomparable}: a person must approve this version`,
      ),
    ]);
  const margins = (Object.entries(gate.margins) as [MetricName, number][]).map(([metric, margin]) =>
    notWorse(metric, margin, facts),
  );
  return verdictOf([...faults, ...limits, ...margins, ...(gate.require === 'better' ? [better(facts)] : [])]);
}

const trainedOnce: Check = check(
  'folds',
  'warn',
  null,
  null,
  'quality.folds trains again, and an imported model was trained once: its limits are judged on the test rows',
);

/** A model whose labels and probabilities tell different stories would be judged by one and used by the other. */
const leastAgreement = 0.99;

function faultChecks(faults: PredictionFaults): Check[] {
  const { kind, labelAgreement } = faults;
  const faulty = faultyRows(faults);
  const predictions = kind === 'classes' ? probabilities(faults, faulty) : numbers(faults, faulty);
  return labelAgreement === null || faulty > 0 ? [predictions] : [predictions, agreement(faults, labelAgreement)];
}

const firstOf = ({ first }: PredictionFaults): string =>
  first === null ? '' : `, first ${first.value} in test row ${first.row}`;

function probabilities(faults: PredictionFaults, faulty: number): Check {
  const { rows, notFinite, outside, uneven = 0 } = faults;
  const name = 'probabilities.valid';
  if (faulty === 0) return check(name, 'pass', 0, 0, 'every row got a probability in [0, 1]');
  const kinds = [
    ...(notFinite > 0 ? [`${notFinite} are NaN or infinite`] : []),
    ...(outside > 0 ? [`${outside} lie outside [0, 1]`] : []),
    ...(uneven > 0 ? [`${uneven} do not add up to 1`] : []),
  ].join(' and ');
  const message = `${faulty} of ${rows} rows got no valid probabilities: ${kinds}${firstOf(faults)}. ${whatToDo(faults)}`;
  return check(name, 'fail', faulty, 0, message);
}

function whatToDo({ notFinite, outside, uneven = 0 }: PredictionFaults): string {
  const parts = [
    ...(notFinite > 0 ? ['Let the model impute missing values, or export it again where its weights hold NaN'] : []),
    ...(outside > 0 ? ['End it with a sigmoid or softmax'] : []),
    ...(uneven > 0 ? ['End it with one softmax over all labels, or divide each row by its sum'] : []),
  ];
  return parts.join('. ');
}

function numbers(faults: PredictionFaults, faulty: number): Check {
  const name = 'predictions.valid';
  return faulty === 0
    ? check(name, 'pass', 0, 0, 'every row got a finite number')
    : check(
        name,
        'fail',
        faulty,
        0,
        `${faulty} of ${faults.rows} rows got NaN or an infinite number${firstOf(faults)}. Let the model impute missing values, keep its numbers within float32, or export it again where its weights hold NaN`,
      );
}

function agreement({ agreementOf }: PredictionFaults, share: number): Check {
  const status = share >= leastAgreement ? (share === 1 ? 'pass' : 'warn') : 'fail';
  const message =
    share === 1
      ? 'labels and probabilities of the model agree'
      : `labels and probabilities of the model disagree: ${percent(share)} of the ${agreementOf}, at least ${percent(leastAgreement)} are asked for. The probabilities must be in the order negative, positive, or that of the allowed codes`;
  return check('labels.agree', status, share, leastAgreement, message);
}

const nothingToCompare = (): Check =>
  check(
    'champion.comparison',
    'inconclusive',
    null,
    null,
    'there is no champion to compare with: a person must approve the first version',
  );

/** A first version must be better than the same answer to every row, on the bound of the primary metric. */
function aboveBaseline({ baseline = null, gate: { primary } }: QualityFacts): Check[] {
  if (baseline === null) return [];
  const name = `${primary}.baseline`;
  const gain = baseline.gain === null ? null : gainOf(primary, [baseline.gain]);
  const plain = baseline.metrics[primary] ?? null;
  const than = `${plain === null ? 'that' : `${short(plain)}, that`} of ${baseline.answer}`;
  if (gain === null)
    return [check(name, 'inconclusive', null, 0, `${primary} could not be compared with ${than} on these rows`)];
  const isBetter = gain.lower > 0;
  const message = `${primary} is ${isBetter ? '' : 'not shown to be '}better than ${than}: gain ${short(gain.estimate)}, lower confidence bound ${short(gain.lower)}${isBetter ? '' : '. Give the model features that tell of the label, or more rows'}`;
  return [check(name, isBetter ? 'pass' : 'fail', gain.lower, 0, message)];
}

function withinLimit(metric: MetricName, observed: number | null, limit: number): Check {
  const name = `${metric}.limit`;
  if (observed === null) return check(name, 'inconclusive', null, limit, `${metric} is undefined on these rows`);
  const higher = metricFacts[metric].direction === 'higher';
  const status = (higher ? observed >= limit : observed <= limit) ? 'pass' : 'fail';
  return check(
    name,
    status,
    observed,
    limit,
    `${metric} is ${short(observed)}, ${higher ? 'at least' : 'at most'} ${limit} is asked for`,
  );
}

/** A difference turned so that more is better: its estimate and the bound that counts against the candidate. */
export function gainOf(
  metric: MetricName,
  differences: readonly Difference[],
): { estimate: number; lower: number } | null {
  const difference = differences.find((candidate) => candidate.metric === metric);
  if (difference === undefined) return null;
  return metricFacts[metric].direction === 'higher'
    ? { estimate: difference.estimate, lower: difference.lower }
    : { estimate: -difference.estimate, lower: -difference.upper };
}

const unknown = (name: string, metric: MetricName, limit: number): Check =>
  check(name, 'inconclusive', null, limit, `${metric} could not be compared with the champion on these rows`);

function notWorse(metric: MetricName, margin: number, { differences, champion }: QualityFacts): Check {
  const name = `${metric}.nonInferior`;
  const gain = gainOf(metric, differences);
  if (gain === null) return unknown(name, metric, -margin);
  const passed = gain.lower >= -margin;
  const message = passed
    ? `${metric} is not worse than version ${champion}'s by more than ${margin}: gain ${short(gain.estimate)}, lower confidence bound ${short(gain.lower)}`
    : `${metric} may be worse than version ${champion}'s by more than ${margin}: gain ${short(gain.estimate)}, lower confidence bound ${short(gain.lower)}`;
  return check(name, passed ? 'pass' : 'fail', gain.lower, -margin, message);
}

function better({ gate, differences, champion }: QualityFacts): Check {
  const metric = gate.primary;
  const name = `${metric}.better`;
  const gain = gainOf(metric, differences);
  if (gain === null) return unknown(name, metric, 0);
  const passed = gain.lower > 0;
  const message = `${metric} is ${passed ? '' : 'not shown to be '}better than version ${champion}'s: gain ${short(gain.estimate)}, lower confidence bound ${short(gain.lower)}`;
  return check(name, passed ? 'pass' : 'fail', gain.lower, 0, message);
}
