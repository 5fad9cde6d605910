import type { FoldsEvidence } from '../contracts/evidence/folds.ts';
import type { FairnessEvidence } from '../contracts/evidence/fairness.ts';
import type { OptimizationEvidence } from '../contracts/evidence/optimization.ts';
import type { QualityEvidence } from '../contracts/evidence/quality.ts';
import type { TrialEvidence } from '../contracts/evidence/trial.ts';
import type { QualityGate } from '../contracts/model/task.ts';
import { metricFacts, metricNames } from '../contracts/model/tasks/metric-names.ts';
import { percent, short } from './check.ts';

const signed = (value: number): string => `${value < 0 ? '' : '+'}${short(value)}`;

/** What an approver should see of the quality, a line each: the primary metric first, each beside the champion's, then the weakest slice. */
export function qualityNumbers(
  {
    candidate,
    baseline = null,
    championMetrics,
    differences,
    slices,
    rows,
    weight,
    incomparable,
  }: Pick<QualityEvidence, 'candidate' | 'championMetrics' | 'differences' | 'slices' | 'rows' | 'incomparable'> &
    Partial<Pick<QualityEvidence, 'baseline' | 'weight'>>,
  primary: QualityGate['primary'],
): string[] {
  const names = [primary, ...metricNames.filter((name) => name !== primary)];
  const lines = names.flatMap((name) => {
    const plain = name === primary ? (baseline?.metrics[name] ?? null) : null;
    const own = candidate[name];
    if (own === null || own === undefined) return [];
    const theirs = championMetrics?.[name];
    const difference = differences.find(({ metric }) => metric === name);
    const beside = theirs === null || theirs === undefined ? '' : `, champion ${short(theirs)}`;
    const bounds =
      difference === undefined
        ? ''
        : ` (difference ${signed(difference.estimate)}, ${signed(difference.lower)} to ${signed(difference.upper)})`;
    const without = plain === null || baseline === null ? '' : `, ${baseline.answer} gets ${short(plain)}`;
    return [`${name} ${short(own)}${beside}${bounds}${without}`];
  });
  const [weakest] = slices.toSorted((a, b) => standing(a) - standing(b));
  return [
    `on ${rows} test rows${weight === undefined ? '' : `, weighted by ${weight}`}${championMetrics === null ? `, ${incomparable ?? 'without a champion'}` : ''}`,
    ...lines,
    ...(weakest === undefined
      ? []
      : [`weakest slice: ${weakest.column} = ${weakest.value}, ${firstMetric(weakest)} on ${weakest.rows} rows`]),
  ];
}

type Slice = QualityEvidence['slices'][number];

/** The metric by which slices are ordered. */
const firstOf = ({ metrics }: Slice) => metricNames.find((name) => metrics[name] !== undefined);

/** Ascending from the worst. */
function standing(slice: Slice): number {
  const name = firstOf(slice);
  const value = name === undefined ? null : (slice.metrics[name] ?? null);
  if (name === undefined || value === null) return Infinity;
  return metricFacts[name].direction === 'higher' ? value : -value;
}

function firstMetric(slice: Slice): string {
  const name = firstOf(slice);
  const value = name === undefined ? null : (slice.metrics[name] ?? null);
  if (name === undefined || value === null) return 'no metric';
  return `${name} ${metricFacts[name].unit === 'share' ? percent(value) : short(value)}`;
}

/** What an approver should see of the folds: the primary metric first, each with its interval. */
export function foldsNumbers({
  means,
  primary,
  folds,
}: Pick<FoldsEvidence, 'means' | 'primary'> & { readonly folds: number }): string[] {
  const first = means.filter(({ metric }) => metric === primary);
  const others = means.filter(({ metric }) => metric !== primary);
  return [
    `mean over ${folds} folds`,
    ...[...first, ...others].map(
      ({ metric, estimate, lower, upper }) => `${metric} ${short(estimate)} (${short(lower)} to ${short(upper)})`,
    ),
  ];
}

/** Each fairness metric of each attribute with its interval, beside the champion's, and the group that lost most. */
export const fairnessNumbers = ({ attributes }: Pick<FairnessEvidence, 'attributes'>): string[] =>
  attributes.flatMap(({ attribute, metrics, groups }) => {
    const shown = metrics.flatMap(({ metric, estimate, lower, upper, champion }) =>
      estimate === null
        ? []
        : [
            `${attribute}: ${metric} ${short(estimate)}${lower === null || upper === null ? '' : ` (${short(lower)} to ${short(upper)})`}${champion === null ? '' : `, champion ${short(champion)}`}`,
          ],
    );
    const losses = groups.flatMap(({ group, loss }) => (loss === null ? [] : [{ group, rise: loss.estimate }]));
    const [worst] = losses.toSorted((a, b) => b.rise - a.rise);
    return worst === undefined
      ? shown
      : [...shown, `${attribute}: the error of ${worst.group} changes most, by ${signed(worst.rise)}`];
  });

/** What an approver should see of a trial: that little is known before the release. */
export const trialNumbers = ({ rows, answered }: Pick<TrialEvidence, 'rows' | 'answered'>): string[] => [
  `${answered} of ${rows} made-up rows got a valid answer`,
  'a model on tensors has no rows: its quality is judged live alone, by errors, latency, agreement and labels from feedback',
];

/** Each quantized variant: speed, size, agreement and accuracy beside the fp32 reference. */
export const optimizationNumbers = ({
  variants,
  chosen,
}: Pick<OptimizationEvidence, 'variants' | 'chosen'>): string[] => {
  const reference = variants.find(({ variant }) => variant === 'fp32');
  return [
    ...variants
      .filter(({ variant }) => variant !== 'fp32')
      .map(({ variant, speedup, bytes, agreement, accuracyChange }) => {
        const speeds = speedup.map(({ batch, ratio }) => `${short(ratio)} times as fast at batch ${batch}`).join(', ');
        const size = reference === undefined ? '' : `, ${percent(bytes / reference.bytes)} of the size`;
        return `${variant}: ${speeds}${size}, ${percent(agreement)} equal answers, accuracy ${signed(accuracyChange.estimate)}`;
      }),
    `chosen: ${chosen}`,
  ];
};
