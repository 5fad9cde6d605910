import type { DatasetDefinition } from '../data/dataset.ts';
import type { ModelDefinition } from './model-definition.ts';
import type { MetricName } from './tasks/metric-names.ts';
import { binaryRules } from './tasks/binary.ts';
import type { GuardName, PredictionGuards } from '../release/guards-policy.ts';
import { foreignKeys, guardOfKey } from './tasks/foreign-keys.ts';
import { multiclassRules } from './tasks/multiclass.ts';
import { quantileRules } from './tasks/quantile.ts';
import { rankingRules } from './tasks/ranking.ts';
import { regressionRules } from './tasks/regression.ts';
import type { TaskName } from './tasks/names.ts';
import type { TaskRules } from './tasks/rules.ts';

/** By task, what a definition may say of it. */
export const taskRules: Readonly<Record<TaskName, TaskRules>> = {
  binary: binaryRules,
  multiclass: multiclassRules,
  regression: regressionRules,
  quantile: quantileRules,
  ranking: rankingRules,
};

type Target = Pick<DatasetDefinition, 'target' | 'columns'>;

/** What of a definition says its task. */
export type TaskKeys = Pick<ModelDefinition, 'task' | 'positive' | 'negative' | 'quantile' | 'query'>;

/**
 * The task of a definition: its own, else what its keys, the type and the allowed codes of the target say. A regression with levels is one of
 * quantiles. Two codes, true and false, or whole numbers that nothing says more of are binary; more codes are multiclass; other numbers are
 * regression.
 */
export function taskOf({ task, positive, negative, quantile, query }: TaskKeys, { target, columns }: Target): TaskName {
  if (quantile !== undefined && (task ?? 'regression') === 'regression') return 'quantile';
  if (task !== undefined) return task;
  if (query !== undefined) return 'ranking';
  const column = columns[target];
  if (positive !== undefined || negative !== undefined || column === undefined) return 'binary';
  if (column.allowed !== undefined) return column.allowed.length > 2 ? 'multiclass' : 'binary';
  if (column.type === 'number') return 'regression';
  const { min = 0, max = 1 } = column;
  return column.type === 'integer' && (min < 0 || max > 1) ? 'regression' : 'binary';
}

/** The definition with its task, and with what judges its predictions. */
export function withTask(definition: ModelDefinition, dataset: Target): ModelDefinition {
  const task = taskOf(definition, dataset);
  if (task === 'binary') return definition;
  const { release } = definition;
  const { predictions, rates } = taskRules[task];
  const fairness = release.guards.fairness && { ...release.guards.fairness, rates: [...rates] };
  return { ...definition, task, release: { ...release, guards: { ...release.guards, fairness, predictions } } };
}

/** The quality gate with the metrics of its task (`qualityGateOf`). */
export type QualityGate = ModelDefinition['quality'] & {
  readonly primary: MetricName;
  readonly margins: Readonly<Partial<Record<MetricName, number>>>;
  /** Whether the definition leaves the margins to the task. @default false */
  readonly marginsAreDefault?: boolean;
};

/** Range of a label's share: as written, else from a tenth of an even share, which two labels in twenty rows have. */
export const labelBalanceOf = (
  { labelBalance }: Pick<ModelDefinition['data'], 'labelBalance'>,
  classes: number,
): [number, number] => labelBalance ?? [evenShare / classes, 0.95];

const evenShare = 0.1;

/** The quality gate with what the task says where the definition says nothing. */
export function qualityGateOf({ quality }: Pick<ModelDefinition, 'quality'>, task: TaskName): QualityGate {
  const rules = taskRules[task];
  return {
    ...quality,
    primary: quality.primary ?? rules.primary,
    margins: quality.margins ?? rules.margins,
    marginsAreDefault: quality.margins === undefined,
  };
}

/** Metrics that cannot decide, since no model is better by them than an answer that needs none: why, and what can. */
const unfitToDecide: Readonly<Partial<Record<MetricName, string>>> = {
  coverage: 'coverage has a goal, and more of it is not better: decide by pinball, and limit coverage',
  recall: 'the positive label for every row has the recall 1: decide by f1 or precision, and limit recall',
  ece: 'the share of each label as its probability has the ece 0: decide by logLoss or brier, and limit ece',
};

function undecided(primary: MetricName | undefined): string[] {
  const why = primary === undefined ? undefined : unfitToDecide[primary];
  return why === undefined ? [] : [`quality.primary: ${why}`];
}

/** Metrics that a definition can name at a key: those of the task, of utility and costs only where they are written. */
function offered(definition: ModelDefinition, task: TaskName, key: string): MetricName[] {
  return taskRules[task].metrics.filter((metric) => {
    if (valuedBy(metric) !== null && definition[valuedBy(metric)!] === undefined) return false;
    return key !== 'quality.primary' || unfitToDecide[metric] === undefined;
  });
}

/** The key that says what a metric counts; null of one that needs none. */
const valuedBy = (metric: string): 'utility' | 'costs' | null =>
  metric === 'utility' ? 'utility' : metric === 'cost' ? 'costs' : null;

const guardsOfPredictions: Readonly<Record<PredictionGuards, readonly GuardName[]>> = {
  twoLabels: ['positives', 'negatives'],
  mix: ['mix'],
  none: [],
};

/** Guards of predictions that the task has. */
export const predictionGuardsOf = (task: TaskName): readonly GuardName[] =>
  guardsOfPredictions[taskRules[task].predictions];

/** Guards that judge nothing of the task. */
export const foreignGuards = (task: TaskName): GuardName[] => [
  ...Object.values(guardsOfPredictions)
    .flat()
    .filter((guard) => !predictionGuardsOf(task).includes(guard)),
  ...taskRules[task].foreign.flatMap((key) => guardOfKey[key] ?? []),
];

/** What the definition says that its task does not understand: metrics of another, and keys that judge nothing of it. */
export function taskFaults(definition: ModelDefinition, task: TaskName): string[] {
  const { quality, fairness, release } = definition;
  const { predictions, fairness: groups } = release.guards;
  const rules = taskRules[task];
  const named: (readonly [string, string])[] = [
    ...(quality.primary === undefined ? [] : [['quality.primary', quality.primary] as const]),
    ...Object.keys(quality.margins ?? {}).map((name) => ['quality.margins', name] as const),
    ...Object.keys(quality.limits).map((name) => ['quality.limits', name] as const),
  ];
  const between = Object.entries(fairness.attributes).flatMap(([attribute, { limits }]) =>
    Object.keys(limits).map((name) => [`fairness.attributes.${attribute}.limits`, name] as const),
  );
  const valued = named.flatMap(([key, metric]) => {
    const by = valuedBy(metric);
    return by === null || definition[by] !== undefined || !rules.metrics.some((name) => name === metric)
      ? []
      : [`${key}: ${metric} needs "${by}": write it, or take another metric`];
  });
  const odd = (all: readonly string[], shown: (key: string) => readonly string[], names: typeof named): string[] =>
    names
      .filter(([, name]) => !all.includes(name))
      .map(([key, name]) => `${key}: ${name} is not a metric of task ${task}: use one of ${shown(key).join(', ')}`);
  const oddRates = rules.rates.length === 0 ? [] : (groups?.rates ?? []).filter((rate) => !rules.rates.includes(rate));
  return [
    ...odd(rules.metrics, (key) => offered(definition, task, key), named),
    ...undecided(quality.primary),
    ...valued,
    ...odd(rules.fairness, () => rules.fairness, between),
    ...(predictions === undefined || predictions === rules.predictions
      ? []
      : [`release.guards.predictions: task ${task} has ${rules.predictions}: leave the key out`]),
    ...oddRates.map(
      (rate) =>
        `release.guards.fairness.rates: ${rate} is not a rate of task ${task}: use one of ${rules.rates.join(', ')}`,
    ),
    ...rules.foreign
      .filter((key) => foreignKeys[key](definition))
      .map((key) => `${key} says nothing of task ${task}: leave it out`),
  ];
}
