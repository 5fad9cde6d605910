import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { taskRules } from '../../contracts/model/task.ts';
import { metricNames } from '../../contracts/model/tasks/metric-names.ts';
import { fairnessMetricNames } from '../../contracts/model/tasks/fairness-metrics.ts';
import { taskNames, type TaskName } from '../../contracts/model/tasks/names.ts';
import { guardNames, type GuardName } from '../../contracts/release/guards-policy.ts';
import { csvOf, strangersProject, type Definitions, type StrangersProject } from './project.ts';

type Keys = Record<string, unknown>;

const carriers: Readonly<Record<TaskName, Definitions>> = {
  binary: { dataset: { sensitive: [{ column: 'plan' }] }, model: {} },
  multiclass: {
    dataset: { target: 'plan', sensitive: [{ column: 'age', bands: [30, 50] }] },
    columns: {
      plan: { type: 'string', kind: 'target', allowed: ['basic', 'plus', 'pro', 'max'] },
      churned: { type: 'integer', kind: 'categorical' },
    },
    model: { features: ['age', 'amount'] },
  },
  regression: {
    dataset: { target: 'amount', sensitive: [{ column: 'plan' }] },
    columns: { amount: { type: 'number', kind: 'target' }, churned: { type: 'integer', kind: 'categorical' } },
    model: { features: ['age', 'plan'] },
  },
  quantile: {
    dataset: { target: 'amount', sensitive: [{ column: 'plan' }] },
    columns: { amount: { type: 'number', kind: 'target' }, churned: { type: 'integer', kind: 'categorical' } },
    model: { features: ['age', 'plan'], quantile: [0.1, 0.5, 0.9] },
  },
  ranking: {
    dataset: { target: 'amount', sensitive: [{ column: 'plan' }] },
    columns: { amount: { type: 'number', kind: 'target' }, churned: { type: 'integer', kind: 'categorical' } },
    model: { features: ['age', 'plan'], query: 'churned', split: { by: 'group', group: 'churned' } },
  },
};
const attributeOf = (task: TaskName): string => (task === 'multiclass' ? 'age' : 'plan');

const classes = ['binary', 'multiclass'] as const;
const numbers = ['regression', 'quantile'] as const;
const utility: Readonly<Record<'binary' | 'multiclass', Keys>> = {
  binary: { 1: { 1: 10, 0: 0 }, 0: { 1: -2, 0: 0 } },
  multiclass: Object.fromEntries(
    ['basic', 'plus', 'pro', 'max'].map((label) => [
      label,
      Object.fromEntries(['basic', 'plus', 'pro', 'max'].map((answer) => [answer, Number(label === answer)])),
    ]),
  ),
};
const guards = (keys: Keys): Keys => ({ release: { guards: keys } });
const metrics = (keys: Keys): Keys => ({ release: { promotion: { metrics: keys } } });
/** A guard of groups judges those of an attribute. */
const groupGuard = (task: TaskName, keys: Keys): Keys => ({
  fairness: { attributes: { [attributeOf(task)]: {} } },
  ...guards({ fairness: { maxGroupLoss: 0.1 }, ...keys }),
});

interface Row {
  readonly key: string;
  /** Tasks that it says something of. */
  readonly of: readonly TaskName[];
  readonly write: (task: TaskName) => Keys;
}
const rows: readonly Row[] = [
  { key: 'positive', of: ['binary'], write: () => ({ positive: 1 }) },
  { key: 'negative', of: ['binary'], write: () => ({ negative: 0 }) },
  { key: 'threshold', of: ['binary'], write: () => ({ threshold: 0.3 }) },
  { key: 'quantile', of: numbers, write: () => ({ quantile: [0.2, 0.5, 0.8] }) },
  { key: 'query', of: ['ranking'], write: () => ({ query: 'churned' }) },
  { key: 'utility', of: classes, write: (task) => ({ utility: utility[task === 'multiclass' ? task : 'binary'] }) },
  { key: 'costs', of: ['regression'], write: () => ({ costs: { over: 1, under: 4 } }) },
  { key: 'split.by', of: classes, write: () => ({ split: { by: 'stratified' } }) },
  { key: 'data.labelBalance', of: classes, write: () => ({ data: { labelBalance: [0.1, 0.9] } }) },
  { key: 'fairness.minGroupEvents', of: classes, write: () => ({ fairness: { minGroupEvents: 30 } }) },
  {
    key: 'fairness.attributes.*.maxGroupLoss',
    of: [...classes, ...numbers],
    write: (task) => ({ fairness: { attributes: { [attributeOf(task)]: { maxGroupLoss: 0.1 } } } }),
  },
  { key: 'release.guards.fairness', of: [...classes, ...numbers], write: (task) => groupGuard(task, {}) },
  { key: 'release.guards.maxScoreShift', of: ['binary'], write: () => guards({ maxScoreShift: 0.1 }) },
  {
    key: 'release.guards.scoreBand',
    of: ['binary'],
    write: () => guards({ scoreBand: { from: 0.4, to: 0.6, ratio: 1.5 } }),
  },
  { key: 'release.guards.outOfRangeRatio', of: ['binary'], write: () => guards({ outOfRangeRatio: 1 }) },
  { key: 'release.guards.minAgreement', of: [...classes, ...numbers], write: () => guards({ minAgreement: 0.9 }) },
  {
    key: 'release.guards.liveAccuracyLoss',
    of: [...classes, ...numbers],
    write: () => guards({ liveAccuracyLoss: 0.1 }),
  },
  { key: 'release.guards.predictionRatio', of: [...classes, ...numbers], write: () => guards({ predictionRatio: 2 }) },
  { key: 'release.guards.accuracyLoss', of: taskNames, write: () => guards({ accuracyLoss: 0.1 }) },
  {
    key: 'release.promotion.metrics.scoreShift',
    of: ['binary'],
    write: () => metrics({ scoreShift: { margin: 0.1 } }),
  },
  {
    key: 'release.promotion.metrics.agreement',
    of: [...classes, ...numbers],
    write: () => metrics({ agreement: { margin: 0.1 } }),
  },
  {
    key: 'release.promotion.metrics.liveAccuracy',
    of: [...classes, ...numbers],
    write: () => metrics({ liveAccuracy: { margin: 0.1 } }),
  },
  { key: 'monitor.maxError', of: numbers, write: () => ({ monitor: { maxError: 10 } }) },
  { key: 'monitor.minAccuracy', of: [...classes, 'ranking'], write: () => ({ monitor: { minAccuracy: 0.7 } }) },
  {
    key: 'signature.outputs.value',
    of: [...numbers, 'ranking'],
    write: () => ({ signature: { outputs: { value: 'y' } } }),
  },
  ...['label', 'probabilities', 'logits'].map((output) => ({
    key: `signature.outputs.${output}`,
    of: classes,
    write: () => ({ signature: { outputs: { [output]: 'y' } } }),
  })),
];

/** Keys whose names say what is judged, by that name. */
const named: readonly Row[] = [
  ...metricNames.flatMap((metric) =>
    ['margins', 'limits'].map((key) => ({
      key: `quality.${key}: ${metric}`,
      of: taskNames.filter((task) => taskRules[task].metrics.includes(metric)),
      write: (task: TaskName) => ({
        ...(metric === 'utility' && (task === 'binary' || task === 'multiclass') ? { utility: utility[task] } : {}),
        ...(metric === 'cost' && task === 'regression' ? { costs: { over: 1, under: 4 } } : {}),
        quality: { [key]: { [metric]: 0.5 } },
      }),
    })),
  ),
  ...fairnessMetricNames.map((metric) => ({
    key: `limits: ${metric}`,
    of: taskNames.filter((task) => taskRules[task].fairness.includes(metric)),
    write: (task: TaskName) => ({ fairness: { attributes: { [attributeOf(task)]: { limits: { [metric]: 0.5 } } } } }),
  })),
];

/** By guard, the tasks that have it, and what puts it in force. */
const ofGuards: Readonly<Record<GuardName, readonly [tasks: readonly TaskName[], Keys]>> = {
  accuracy: [taskNames, {}],
  errors: [taskNames, {}],
  slow: [taskNames, {}],
  sampleRatio: [taskNames, {}],
  mirroredErrors: [taskNames, {}],
  mirroredSlow: [taskNames, {}],
  bakeErrors: [taskNames, {}],
  bakeSlow: [taskNames, {}],
  positives: [['binary'], {}],
  negatives: [['binary'], {}],
  mix: [['multiclass', ...numbers], {}],
  fairness: [[...classes, ...numbers], { fairness: { maxGroupLoss: 0.1 } }],
  agreement: [[...classes, ...numbers], { minAgreement: 0.9 }],
  scoreShift: [['binary'], { maxScoreShift: 0.1 }],
  scoreBand: [['binary'], { scoreBand: { from: 0.4, to: 0.6, ratio: 1.5 } }],
  outOfRange: [['binary'], { outOfRangeRatio: 1 }],
  liveAccuracy: [[...classes, ...numbers], { liveAccuracyLoss: 0.1 }],
  value: [taskNames, { value: { from: 0, to: 10, maxLoss: 1 } }],
};

let project: StrangersProject;
beforeAll(async () => {
  project = await strangersProject({ name: 'data.csv', content: csvOf([]) });
});
afterAll(() => project?.close());

/** The refusal of a definition; empty where it is taken. */
async function refusalOf(task: TaskName, keys: Keys): Promise<string> {
  const carrier = carriers[task];
  await project.define({ ...carrier, model: { task, ...carrier.model, ...keys } });
  return project.open().then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
}

describe.each(taskNames)('a definition of task %s', (task) => {
  test('is taken without more', async () => {
    expect(await refusalOf(task, {})).toBe('');
  });

  test.each([...rows, ...named].map((row) => [row.key, row] as const))('%s', async (key, { of, write }) => {
    const message = await refusalOf(task, write(task));
    if (of.includes(task)) expect(message).toBe('');
    else expect(message).toContain(key);
  });

  test.each(guardNames)('a rule of the guard %s', async (guard) => {
    const [of, setting] = ofGuards[guard];
    const rule = { rules: { [guard]: { action: 'pause' } } };
    const written = of.includes(task) ? { ...setting, ...rule } : rule;
    const message = await refusalOf(
      task,
      guard === 'fairness' && of.includes(task) ? groupGuard(task, written) : guards(written),
    );
    if (of.includes(task)) {
      expect(message).toBe('');
      return;
    }
    // What it says to do can be done.
    expect(message).toMatch(
      new RegExp(`release\\.guards\\.rules\\.${guard}: task ${task} has no such guard: .*leave the rule out`),
    );
    for (const other of guardNames)
      if (message.includes(`name ${other}`)) expect(ofGuards[other][0], message).toContain(task);
    expect(message).not.toContain('set its limit');
  });
});

test('keys that only some tasks understand are all in this table', () => {
  const listed = new Set(rows.map(({ key }) => key));
  for (const task of taskNames) for (const key of taskRules[task].foreign) expect(listed).toContain(key);
});

describe('a definition is refused when it is written', () => {
  test.each<[string, TaskName, Keys, RegExp]>([
    [
      'with costs of one side alone',
      'regression',
      { costs: { over: 0, under: 4 } },
      /at 0 a number that is always too high costs nothing, and no model is needed: write what it costs, such as 1(.|\n)*costs\.over/,
    ],
    [
      'with costs of the other side alone',
      'regression',
      { costs: { over: 1, under: 0 } },
      /at 0 a number that is always too low costs nothing, and no model is needed: write what it costs, such as 1(.|\n)*costs\.under/,
    ],
    ['with costs of neither', 'regression', { costs: { over: 0, under: 0 } }, /costs\.over(.|\n)*costs\.under/],
    [
      'with levels that have no middle',
      'quantile',
      { quantile: [0.1, 0.9] },
      /quantile: 2 levels have no middle one, which is the prediction: add one, such as 0\.5/,
    ],
    [
      'with levels that repeat',
      'quantile',
      { quantile: [0.1, 0.5, 0.5] },
      /quantile: the levels 0\.1, 0\.5, 0\.5 do not ascend: write each once, in ascending order/,
    ],
    [
      'with levels that descend',
      'quantile',
      { quantile: [0.9, 0.5, 0.1] },
      /quantile: the levels 0\.9, 0\.5, 0\.1 do not ascend/,
    ],
    [
      'with a metric of one interval where there is none',
      'quantile',
      { quantile: [0.5], quality: { limits: { coverage: 0.5 } } },
      /quality\.limits: coverage needs two levels, and quantile has one: add levels, or leave it out/,
    ],
  ])('%s', async (_, task, keys, message) => {
    expect(await refusalOf(task, keys)).toMatch(message);
  });

  test('with a metric of the three most probable labels of three', async () => {
    const carrier = carriers.multiclass;
    const plan = { type: 'string', kind: 'target', allowed: ['basic', 'plus', 'pro'] };
    await project.define({
      ...carrier,
      columns: { ...carrier.columns, plan },
      model: { ...carrier.model, quality: { primary: 'top3' } },
    });
    await expect(project.open()).rejects.toThrow(
      /quality\.primary: top3 needs four labels or more, and "plan" has 3: take another metric/,
    );
  });
});

describe('metrics that are offered', () => {
  test.each<[TaskName, string]>([
    ['binary', 'utility'],
    ['multiclass', 'utility'],
    ['regression', 'cost'],
  ])('of task %s have %s only where the definition says what answers are worth', async (task, metric) => {
    const wrong = { quality: { limits: { ndcg: 0.5 } } };
    expect(await refusalOf(task, wrong)).toMatch(/quality\.limits: ndcg is not a metric of task/);
    expect(await refusalOf(task, wrong)).not.toMatch(new RegExp(`use one of .*\\b${metric}\\b`));
    const keys = task === 'regression' ? { costs: { over: 1, under: 4 } } : { utility: utility[task as 'binary'] };
    expect(await refusalOf(task, { ...wrong, ...keys })).toMatch(new RegExp(`use one of .*\\b${metric}\\b`));
  });

  test('to decide by are none that cannot', async () => {
    expect(await refusalOf('binary', { quality: { primary: 'ndcg' } })).not.toMatch(/use one of .*\b(recall|ece)\b/);
    expect(await refusalOf('quantile', { quality: { primary: 'ndcg' } })).not.toMatch(/use one of .*\bcoverage\b/);
    expect(await refusalOf('quantile', { quality: { limits: { ndcg: 1 } } })).toMatch(/use one of .*\bcoverage\b/);
  });
});

test('each metric of the schema is one of a task', () => {
  const all = new Set(taskNames.flatMap((task) => taskRules[task].metrics));
  expect([...all].toSorted()).toEqual(metricNames.toSorted());
  expect(modelDefinitionSchema.shape.task.unwrap().options).toEqual([...taskNames]);
});
