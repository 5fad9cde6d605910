import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { metricFacts } from '../../contracts/model/tasks/metric-names.ts';
import type { Predictions } from '../../contracts/data/frame.ts';
import { aucOf, rankScores } from '../../ml/metrics/auc.ts';
import { balancedAccuracyOf, mccOf } from '../../ml/metrics/confusion.ts';
import type { Metric, Outcomes } from '../../ml/tasks/metric.ts';
import { classMetrics, multiclassMetrics } from '../../ml/tasks/multiclass/metrics.ts';
import { rankingMetrics } from '../../ml/tasks/ranking/metrics.ts';
import { quantileMetrics } from '../../ml/tasks/quantile/metrics.ts';
import { regressionMetrics } from '../../ml/tasks/regression/metrics.ts';
import oracle from '../fixtures/numerics/task-metrics.json' with { type: 'json' };

type Values = Readonly<Record<string, number | null>>;
interface Rows {
  readonly outcomes: Outcomes;
  readonly predictions: Predictions;
}

const levels = [0.1, 0.5, 0.9];
const tasks = [
  { task: 'multiclass', metrics: multiclassMetrics },
  { task: 'regression', metrics: regressionMetrics },
  { task: 'quantiles', metrics: quantileMetrics(levels) },
  { task: 'ranking', metrics: rankingMetrics },
] as const;
type Task = (typeof tasks)[number]['task'];

/** `query` only where the rows are of queries. */
function rowsOf(truth: number[], answer: number[], scores: number[] = [], width = 0, query?: number[]): Rows {
  return {
    outcomes: {
      truth: Float64Array.from(truth),
      ...(query === undefined ? {} : { query: Int32Array.from(query) }),
    },
    predictions: { answer: Float64Array.from(answer), scores: Float64Array.from(scores), width },
  };
}

const valuesOf = (metrics: readonly Metric[], { outcomes, predictions }: Rows, weights?: ArrayLike<number>): Values =>
  Object.fromEntries(metrics.map(({ name, prepare }) => [name, prepare(outcomes, predictions)(weights)]));

/** Equal to 12 digits, relative to the number; a number that cancels out to about 0 is compared with 1e-15. */
function expectClose(found: Values, expected: Values): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    const is = found[name];
    if (value === null || typeof is !== 'number') expect({ [name]: is }).toEqual({ [name]: value });
    else
      expect(Math.abs(is - value), `${name}: ${is}, not ${value}`).toBeLessThanOrEqual(1e-12 * Math.abs(value) + 1e-15);
  }
}

interface Case {
  readonly name: string;
  readonly truth: number[];
  readonly answer: number[];
  readonly scores?: number[];
  readonly width?: number;
  readonly query?: number[];
  readonly levels?: number[];
  readonly weightings: readonly { readonly weights: number[] | null; readonly expected: Values }[];
}

describe.each(tasks)('the metrics of $task', ({ task, metrics }) => {
  const cases: readonly Case[] = oracle[task];

  test.each(cases)('agree with scikit-learn, weighted and not, on $name', (one) => {
    const rows = rowsOf(one.truth, one.answer, one.scores, one.width, one.query);
    const here = one.levels === undefined ? metrics : quantileMetrics(one.levels);
    for (const { weights, expected } of one.weightings)
      expectClose(valuesOf(here, rows, weights ?? undefined), expected);
  });
});

test.each(oracle.confusions)('the metrics of a binary confusion agree with scikit-learn: %o', (one) => {
  const { balancedAccuracy, mcc, ...confusion } = one;
  expectClose({ balancedAccuracy: balancedAccuracyOf(confusion), mcc: mccOf(confusion) }, { balancedAccuracy, mcc });
});

test('a binary confusion without rows has neither balanced accuracy nor correlation', () => {
  const none = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  expect([balancedAccuracyOf(none), mccOf(none)]).toEqual([null, null]);
});

test('the metrics of each class agree with scikit-learn, and are null where they divide by 0', () => {
  const { truth, answer, width, classes } = oracle.byClass;
  const { outcomes, predictions } = rowsOf(truth, answer, [], width);
  const found = classMetrics(outcomes, predictions);
  expect(found).toHaveLength(classes.length);
  classes.forEach((expected, i) => expectClose({ ...found[i] }, expected));
});

/** A row of any task; its query counts in rankings alone. */
interface Row {
  readonly truth: number;
  readonly answer: number;
  readonly parts: readonly number[];
  readonly query: number;
}

/** In few values, so that scores tie and classes are missing. */
const row = record({
  truth: integer({ min: 0, max: 3 }),
  answer: integer({ min: 0, max: 3 }),
  parts: array(integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 }),
  weight: integer({ min: 0, max: 3 }),
  query: integer({ min: 0, max: 4 }),
});
const someRows = array(row, { minLength: 1, maxLength: 30 });

const column = (rows: readonly Row[], name: 'truth' | 'answer' | 'query'): number[] => rows.map((row) => row[name]);
const sharesOf = (parts: readonly number[]): number[] => parts.map((part) => part / parts.reduce((a, b) => a + b, 0));
const intervalOf = ({ answer, parts: [below = 0, above = 0] }: Row): number[] => [
  answer - below,
  answer,
  answer + above,
];

const build: Record<Task, (rows: readonly Row[]) => Rows> = {
  multiclass: (rows) => {
    const scores = rows.flatMap(({ parts }) => sharesOf(parts));
    return rowsOf(column(rows, 'truth'), column(rows, 'answer'), scores, 4);
  },
  regression: (rows) => rowsOf(column(rows, 'truth'), column(rows, 'answer')),
  quantiles: (rows) => rowsOf(column(rows, 'truth'), column(rows, 'answer'), rows.flatMap(intervalOf), 3),
  ranking: (rows) => rowsOf(column(rows, 'truth'), column(rows, 'answer'), [], 0, column(rows, 'query')),
};

describe.each(tasks)('any rows of $task', ({ task, metrics }) => {
  test('are counted by weights as if they were written out', () => {
    assert(
      property(someRows, array(integer({ min: 0, max: 3 }), { minLength: 5, maxLength: 5 }), (rows, ofQuery) => {
        const weights = rows.map(({ weight, query }) => (task === 'ranking' ? (ofQuery[query] ?? 0) : weight));
        // Copies of a query are queries of their own.
        const written = rows.flatMap((one, i) =>
          Array.from({ length: weights[i] ?? 0 }, (_, copy) => ({ ...one, query: one.query + 10 * copy })),
        );
        expectClose(
          valuesOf(metrics, build[task](rows), Int32Array.from(weights)),
          valuesOf(metrics, build[task](written)),
        );
      }),
    );
  });

  test('have metrics in their ranges', () => {
    assert(
      property(someRows, (rows) => {
        for (const { name, prepare } of metrics) {
          const { unit, direction } = metricFacts[name];
          const { outcomes, predictions } = build[task](rows);
          const value = prepare(outcomes, predictions)(rows.map(({ weight }) => weight / 3));
          if (value === null) continue;
          const least = name === 'r2' ? -Infinity : name === 'mcc' ? -1 : 0;
          const most = unit === 'share' || direction === 'higher' ? 1 : Infinity;
          expect(value, name).toBeGreaterThanOrEqual(least);
          expect(value, name).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  test('have no metric where no row counts', () => {
    const rows = build[task]([
      { truth: 3, answer: 1, parts: [1, 2, 3, 4], query: 1 },
      { truth: 2, answer: 2, parts: [1, 1, 1, 1], query: 1 },
    ]);
    const nothing = Object.fromEntries(metrics.map(({ name }) => [name, null]));
    expect(valuesOf(metrics, rows, [0, 0])).toEqual(nothing);
    expect(valuesOf(metrics, build[task]([]))).toEqual(nothing);
  });
});

const perfect: Record<Task, Rows> = {
  multiclass: rowsOf([0, 1, 2, 3], [0, 1, 2, 3], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], 4),
  regression: rowsOf([3, -4, 0], [3, -4, 0]),
  quantiles: rowsOf([3, -4], [3, -4], [3, 3, 3, -4, -4, -4], 3),
  ranking: rowsOf([0, 3, 1, 2], [-1, 9, 2, 5], [], 0, [7, 7, 7, 2]),
};

test.each(tasks)('perfect answers get 1 in the scores and 0 in the losses of $task', ({ task, metrics }) => {
  for (const { name, prepare } of metrics) {
    const { direction } = metricFacts[name];
    const { outcomes, predictions } = perfect[task];
    expect(prepare(outcomes, predictions)(), name).toBeCloseTo(direction === 'higher' ? 1 : 0, 14);
  }
});

const metricOf = (metrics: readonly Metric[], wanted: string, rows: Rows, weights?: ArrayLike<number>) =>
  valuesOf(
    metrics.filter(({ name }) => name === wanted),
    rows,
    weights,
  )[wanted];

test('rounding takes no metric out of its range', () => {
  const wrong = rowsOf([0, 1], [1, 0], [0.5, 0.5, 0.5, 0.5], 2);
  expect(metricOf(multiclassMetrics, 'mcc', wrong, [0.1, 0.4])).toBe(-1);
  const right = rowsOf([1, 1, 0, 0], [1, 1, 0, 0], [0.1, 0.9, 0.2, 0.8, 0.7, 0.3, 0.8, 0.2], 2);
  expect(metricOf(multiclassMetrics, 'aucOneVsRest', right, [0.1, 0.5, 0.1, 0.7])).toBe(1);
  expect(metricOf(rankingMetrics, 'ndcg', rowsOf([3, 3, 3], [1, 1, 1], [], 0, [1, 1, 1]))).toBe(1);
});

describe('of multiclass tasks', () => {
  test('both areas under the curve of two classes are the binary one', () => {
    const truth = [0, 1, 1, 0, 1, 0, 0];
    const positive = [0.25, 0.5, 0.75, 0.5, 0.25, 0, 0.75];
    const rows = rowsOf(
      truth,
      truth,
      positive.flatMap((p) => [1 - p, p]),
      2,
    );
    const binary = aucOf(Uint8Array.from(truth), rankScores(Float64Array.from(positive)));
    expect(metricOf(multiclassMetrics, 'aucOneVsRest', rows)).toBeCloseTo(binary ?? -1, 14);
    expect(metricOf(multiclassMetrics, 'aucOneVsOne', rows)).toBeCloseTo(binary ?? -1, 14);
  });

  test('the area under the curve is null once a class has weight 0 in all its rows', () => {
    const rows = perfect.multiclass;
    for (const name of ['aucOneVsRest', 'aucOneVsOne']) {
      expect(metricOf(multiclassMetrics, name, rows, [1, 1, 1, 1])).toBe(1);
      expect(metricOf(multiclassMetrics, name, rows, [1, 1, 0, 1])).toBeNull();
    }
    const single = rowsOf([0, 0], [0, 0], [1, 1], 1);
    expect(metricOf(multiclassMetrics, 'aucOneVsRest', single)).toBeNull();
  });

  test('the correlation is null if all answers or truths are of one class, and 0 if they are independent', () => {
    const rows = rowsOf(
      [0, 0, 1, 1],
      [0, 1, 0, 1],
      Array.from({ length: 8 }, () => 0.5),
      2,
    );
    expect(metricOf(multiclassMetrics, 'mcc', rows)).toBe(0);
    for (const weights of [
      [0.1, 0, 0.7, 0],
      [0.1, 0.7, 0, 0],
    ])
      expect(metricOf(multiclassMetrics, 'mcc', rows, weights)).toBeNull();
  });

  test('of equal scores the classes with the higher index are the top three', () => {
    const hits = [0, 1, 2, 3, 4].map((truth) =>
      metricOf(multiclassMetrics, 'top3', rowsOf([truth], [0], [0.2, 0.2, 0.2, 0.2, 0.2], 5)),
    );
    expect(hits).toEqual([0, 0, 1, 1, 1]);
  });

  test('a sure and wrong class costs a finite log loss, and the whole Brier score', () => {
    const rows = rowsOf([0], [1], [0, 1, 0], 3);
    expect(metricOf(multiclassMetrics, 'logLoss', rows)).toBeCloseTo(52 * Math.LN2, 12);
    expect(metricOf(multiclassMetrics, 'brier', rows)).toBe(1);
  });

  test('the calibration error is of the answered class, though another one has the highest probability', () => {
    // Answered with probability 0 and always right: the gap is 1, without noise.
    const rows = rowsOf([1, 1], [1, 1], [1, 0, 0, 1, 0, 0], 3);
    expect(metricOf(multiclassMetrics, 'ece', rows)).toBe(1);
  });
});

describe('of regressions', () => {
  test('r2 is null for one row taken often, and for equal truths whose mean is rounded', () => {
    const rows = rowsOf([0.1, 0.1, 0.1, 5], [1, 2, 3, 4]);
    expect(metricOf(regressionMetrics, 'r2', rows, [0, 0, 0, 3])).toBeNull();
    expect(metricOf(regressionMetrics, 'r2', rows, [1, 1, 1, 0])).toBeNull();
    expect(metricOf(regressionMetrics, 'r2', rows)).toBeTypeOf('number');
  });

  test('the mean as a constant answer gets an r2 of 0', () => {
    expect(metricOf(regressionMetrics, 'r2', rowsOf([1, 2, 6], [3, 3, 3]))).toBe(0);
  });

  test('answers for truths of 0 cost nothing in the percentage error, also not their weight', () => {
    const rows = rowsOf([0, 2, -4], [1000, 1, -4]);
    expect(metricOf(regressionMetrics, 'mape', rows)).toBe(0.25);
    expect(metricOf(regressionMetrics, 'mape', rows, [9, 3, 1])).toBe(0.375);
    expect(metricOf(regressionMetrics, 'mape', rows, [9, 0, 0])).toBeNull();
  });

  test('the outermost quantiles are those of the lowest and the highest level, wherever they are', () => {
    const scores = [5, 1, 9];
    const coverage = (order: number[], truth: number) =>
      metricOf(quantileMetrics(order), 'coverage', rowsOf([truth], [5], scores, 3));
    expect([0.9, 1, 5, 9, 9.1].map((truth) => coverage([0.5, 0.1, 0.9], truth))).toEqual([0, 1, 1, 1, 0]);
    expect([5, 9].map((truth) => coverage([0.9, 0.1, 0.5], truth))).toEqual([1, 0]);
  });

  test('a truth between quantiles that cross is not covered', () => {
    expect(metricOf(quantileMetrics(levels), 'coverage', rowsOf([5], [5], [9, 5, 1], 3))).toBe(0);
  });

  test('the pinball loss of the median is half the absolute error', () => {
    const rows = rowsOf([1, -2, 7], [2, 0, 3], [2, 0, 3], 1);
    expect(metricOf(quantileMetrics([0.5]), 'pinball', rows)).toBeCloseTo(7 / 6, 14);
    expect(metricOf(quantileMetrics([0.5]), 'mae', rows)).toBeCloseTo(7 / 3, 14);
  });
});
