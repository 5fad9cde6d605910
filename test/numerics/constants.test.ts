import { describe, expect, test } from 'vitest';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { metricFacts, type MetricName } from '../../contracts/model/tasks/metric-names.ts';
import { taskRules } from '../../contracts/model/task.ts';
import { createRandom } from '../../ml/random.ts';
import { besideConstant, constantBy } from '../../ml/tasks/beside-constant.ts';
import { weighted } from '../../ml/tasks/metric.ts';
import { metricsNamed, taskFor } from '../../ml/tasks/index.ts';
import type { Predictions } from '../../contracts/data/frame.ts';
import { binary, numbers, severalClasses } from '../support/classes.ts';

const rows = 201;

/** Labels and spaces to be answered by one constant. */
const labels = (draw: (random: ReturnType<typeof createRandom>, row: number) => number): Float64Array => {
  const random = createRandom(5);
  return Float64Array.from({ length: rows }, (_, row) => draw(random, row));
};
const skewed = labels((random) => Math.exp(1.5 * random.normal()));
const around0 = labels((random, row) => (row % 20 === 0 ? 0 : 3 * random.normal() + 1));
const few = labels((random) => Number(random.next() < 0.3));
const many = labels((random) => Number(random.next() < 0.8));
const plans = labels((random) => [0, 0, 1, 2, 2, 2, 3, 4][random.integer(8)]!);

const utility = [
  [0, -2],
  [0, 10],
];
const three = severalClasses('a', 'b', 'c', 'd', 'e');
const ofPlans = three.kind === 'classes' ? three : null;
const worths = [0, 1, 2, 3, 4].map((truth) =>
  [0, 1, 2, 3, 4].map((answer) => (truth === answer ? 9 - 2 * truth : -answer)),
);

interface Case {
  readonly name: string;
  readonly space: LabelSpace;
  readonly truth: Float64Array;
}
const cases: Case[] = [
  { name: 'rarely positive', space: { ...binary, utility } as LabelSpace, truth: few },
  { name: 'mostly positive', space: { ...binary, utility } as LabelSpace, truth: many },
  { name: 'several labels', space: { ...ofPlans, utility: worths } as LabelSpace, truth: plans },
  ...[skewed, around0].flatMap((truth, i) => [
    { name: `numbers ${i}`, space: { ...numbers, costs: { over: 1, under: 4 } } as LabelSpace, truth },
    { name: `numbers ${i}`, space: { ...numbers, task: 'quantile', levels: [0.1, 0.5, 0.9] } as LabelSpace, truth },
  ]),
];

/** Every answer of a grid, with every probability of one. */
function* constants({ space, truth }: Case): Generator<Predictions> {
  const all = (value: number): Float64Array => new Float64Array(truth.length).fill(value);
  const rowsOf = (scores: readonly number[]): Float64Array =>
    Float64Array.from({ length: truth.length * scores.length }, (_, i) => scores[i % scores.length]!);
  if (space.kind === 'classes') {
    const random = createRandom(3);
    for (let answer = 0; answer < space.classes.length; answer += 1)
      for (let draw = 0; draw <= 60; draw += 1) {
        if (space.task === 'binary') {
          yield { answer: all(answer), scores: rowsOf([draw / 60]), width: 1 };
          continue;
        }
        const parts = space.classes.map(() => -Math.log(1 - random.next()));
        const sum = parts.reduce((total, part) => total + part, 0);
        yield { answer: all(answer), scores: rowsOf(parts.map((part) => part / sum)), width: parts.length };
      }
    return;
  }
  const { levels = [] } = space;
  const sorted = truth.toSorted();
  const grid = [...sorted, ...sorted.map((value, i) => (value + (sorted[i + 1] ?? value + 1)) / 2)];
  const mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
  const best = levels.map((level) => sorted[Math.ceil(level * sorted.length) - 1]!);
  for (const value of [...grid, 0.98 * mean, 1.02 * mean]) {
    if (levels.length === 0) yield { answer: all(value), scores: new Float64Array(), width: 0 };
    // The loss is a mean over the levels, so that each is searched by itself.
    for (const level of levels.keys())
      yield {
        answer: all(value),
        scores: rowsOf(best.map((one, i) => (i === level ? value : one))),
        width: levels.length,
      };
  }
}

/** Metrics that no answer to every row can lose by: they cannot decide. */
const undecided: readonly MetricName[] = ['recall', 'ece', 'coverage'];

const random = createRandom(9);
const weights = Float64Array.from({ length: rows }, () => random.next() ** 2);
const counted = cases.flatMap((one) => [
  { ...one, outcomes: { truth: one.truth }, how: 'once each' },
  { ...one, outcomes: { truth: one.truth, weights }, how: 'by weights' },
]);

describe.each(counted)('the best constant of $name ($space.task), $how', (one) => {
  const { space, truth, outcomes } = one;
  const task = taskFor(space);
  const grid = [...constants(one)];
  const judged = task.metrics.filter(({ name }) => !undecided.includes(name));

  test.each(judged.map((metric) => ({ name: metric.name, metric })))('by $name is that of a search', ({ metric }) => {
    const found = constantBy(metric, task, { trained: outcomes, space, rows: truth.length });
    const of = (predictions: Predictions) => weighted(metric, outcomes, predictions)();
    const values = grid.flatMap((predictions) => of(predictions) ?? []);
    const higher = metricFacts[metric.name].direction === 'higher';
    if (metric.name === 'mcc') {
      expect(values).toEqual([]);
      return;
    }
    const own = of(found.predictions)!;
    const best = higher ? Math.max(...values) : Math.min(...values);
    expect(higher ? own - best : best - own).toBeGreaterThanOrEqual(-1e-12 * Math.abs(best));
    // The training labels alone say it, for any number of rows.
    expect(constantBy(metric, task, { trained: outcomes, space, rows: 3 }).predictions.answer).toEqual(
      found.predictions.answer.slice(0, 3),
    );
  });
});

test.each<[string, LabelSpace, Float64Array, MetricName, string]>([
  [
    'a rare label that is worth much',
    cases[0]!.space,
    few,
    'utility',
    '"1" for every row (the label that is worth most)',
  ],
  ['the label that is right most often', binary, few, 'accuracy', '"0" for every row (the most frequent label)'],
  ['the share of each label', binary, few, 'logLoss', 'the share of each label as its probability'],
  ['the positive label', binary, few, 'f1', '"1" for every row (the positive label)'],
  ['a median', numbers, Float64Array.of(1, 2, 90), 'mae', '2 for every row (the median of the labels)'],
  ['a mean', numbers, Float64Array.of(1, 2, 90), 'rmse', '31 for every row (the mean of the labels)'],
  [
    'a weighted median',
    numbers,
    Float64Array.of(1, 2, 90),
    'mape',
    '1 for every row (the median of the labels, each weighted by 1 / |label|)',
  ],
  [
    'what costs least',
    { ...numbers, costs: { over: 1, under: 4 } } as LabelSpace,
    Float64Array.of(1, 2, 90),
    'cost',
    '90 for every row (the 80 % quantile of the labels, which costs least)',
  ],
])('a constant says what it is: %s', (_, space, truth, name, words) => {
  const task = taskFor(space);
  expect(constantBy(metricsNamed(task, [name])[0]!, task, { trained: { truth }, space, rows: 1 }).words).toBe(words);
});

test('every metric that may decide has a constant', () => {
  for (const space of [...cases.map(({ space: of }) => of), { ...numbers, task: 'ranking' } as LabelSpace]) {
    const task = taskFor(space);
    for (const name of taskRules[space.task].metrics) {
      const [metric] = metricsNamed(task, [name]);
      if (metric !== undefined) expect(metric.constant.words('x'), name).not.toBe('');
    }
  }
});

test('an outlier does not move the constant of what counts it once', () => {
  const task = taskFor(numbers);
  const truth = Float64Array.from({ length: 101 }, (_, row) => (row === 0 ? 1e30 : row));
  const by = (name: MetricName) =>
    constantBy(metricsNamed(task, [name])[0]!, task, { trained: { truth }, space: numbers, rows: 1 }).predictions
      .answer[0]!;
  expect(by('mae')).toBe(51);
  expect(by('rmse')).toBeCloseTo(1e30 / 101, -20);
});

describe('without skill nothing is better than the baseline', () => {
  const truth = labels((random) => [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][random.integer(10)]!);
  const several = severalClasses('a', 'b', 'c', 'd');
  const task = taskFor(several);

  test.each(['macroF1', 'macroPrecision', 'weightedF1'] as const)(
    'by %s, labels at random with any chances',
    (name) => {
      const [metric] = metricsNamed(task, [name]);
      const big = Float64Array.from({ length: 20 * rows }, (_, row) => truth[row % rows]!);
      const of = (answer: Float64Array) =>
        metric!.prepare({ truth: big }, { answer, scores: new Float64Array(4 * big.length), width: 4 })()!;
      const baseline = of(
        constantBy(metric!, task, { trained: { truth: big }, space: several, rows: big.length }).predictions.answer,
      );
      const draws = createRandom(12);
      for (let way = 0; way < 200; way += 1) {
        const chances = [0, 1, 2, 3].map(() => 0.3 + draws.next());
        const total = chances.reduce((sum, chance) => sum + chance, 0);
        const answer = Float64Array.from(big, () => {
          let left = draws.next() * total;
          return Math.max(
            0,
            chances.findIndex((chance) => (left -= chance) < 0),
          );
        });
        expect(of(answer)).toBeLessThan(baseline + 0.02);
      }
    },
  );

  test('by the mean average precision, any order', () => {
    const ranking = taskFor({ ...numbers, task: 'ranking' });
    const [metric] = metricsNamed(ranking, ['meanAveragePrecision']);
    const draws = createRandom(3);
    const grades = Float64Array.from({ length: 4_000 }, () => Number(draws.next() < 0.2));
    const outcomes = { truth: grades, query: Int32Array.from(grades, (_, row) => Math.floor(row / 8)) };
    const of = (predictions: Predictions) => metric!.prepare(outcomes, predictions)()!;
    const space = { ...numbers, task: 'ranking' } as LabelSpace;
    const { predictions } = constantBy(metric!, ranking, { trained: { truth: grades }, space, rows: grades.length });
    const noise = { answer: grades.map(() => draws.next()), scores: new Float64Array(), width: 0 };
    expect(Math.abs(of(noise) - of(predictions))).toBeLessThan(0.03);
  });
});

test('a model that answers no row positive has the precision 0 beside the constant', () => {
  const [metric] = metricsNamed(taskFor(binary), ['precision']);
  const never = { answer: new Float64Array(few.length), scores: new Float64Array(few.length), width: 1 };
  expect(metric!.prepare({ truth: few }, never)()).toBeNull();
  expect(besideConstant(metric!).prepare({ truth: few }, never)()).toBe(0);
});
