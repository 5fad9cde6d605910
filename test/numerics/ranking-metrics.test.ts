import { describe, expect, test } from 'vitest';
import type { Predictions } from '../../contracts/data/frame.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import type { Outcomes } from '../../ml/tasks/metric.ts';
import { rankingMetrics } from '../../ml/tasks/ranking/metrics.ts';

interface Rows {
  readonly outcomes: Outcomes;
  readonly predictions: Predictions;
}

/** Grades and scores of rows, and the number of each row's query. */
const rowsOf = (truth: number[], answer: number[], query?: number[]): Rows => ({
  outcomes: { truth: Float64Array.from(truth), ...(query === undefined ? {} : { query: Int32Array.from(query) }) },
  predictions: { answer: Float64Array.from(answer), scores: new Float64Array(), width: 0 },
});

const valuesOf = ({ outcomes, predictions }: Rows, weights?: ArrayLike<number>) =>
  Object.fromEntries(rankingMetrics.map(({ name, prepare }) => [name, prepare(outcomes, predictions)(weights)]));

const metricOf = (name: MetricName, rows: Rows, weights?: ArrayLike<number>) => valuesOf(rows, weights)[name];

describe('of rankings', () => {
  test('a query counts as many times as its first row says', () => {
    const rows = rowsOf([0, 1, 0, 1], [1, 2, 2, 1], [4, 4, 9, 9]);
    expect(metricOf('mrr', rows)).toBe(0.75);
    expect(metricOf('mrr', rows, [3, 0, 1, 50])).toBe(0.875);
  });

  test('a query without a relevant row does not count, a query of one relevant row counts 1', () => {
    const rows = rowsOf([0, 0, 2], [1, 2, -3], [1, 1, 2]);
    expect(valuesOf(rows)).toEqual({ ndcg: 1, ndcg10: 1, meanAveragePrecision: 1, mrr: 1 });
    expect(valuesOf(rows, [5, 5, 0])).toEqual({
      ndcg: null,
      ndcg10: null,
      meanAveragePrecision: null,
      mrr: null,
    });
  });

  test('rows of a query need not lie together', () => {
    const together = rowsOf([1, 0, 2, 0, 1, 0], [1, 2, 3, 3, 2, 1], [1, 1, 1, 2, 2, 2]);
    const mixed = rowsOf([0, 1, 1, 0, 0, 2], [3, 1, 2, 2, 1, 3], [2, 1, 2, 1, 2, 1]);
    expect(valuesOf(mixed)).toEqual(valuesOf(together));
  });

  test('only the first ten ranks count in ndcg10', () => {
    const ranks = Array.from({ length: 11 }, (_, rank) => -rank);
    const last = (place: number) =>
      rowsOf(
        ranks.map((_, rank) => (rank === place ? 1 : 0)),
        ranks,
        ranks.map(() => 1),
      );
    expect(metricOf('ndcg10', last(9))).toBeCloseTo(1 / Math.log2(11), 14);
    expect(metricOf('ndcg10', last(10))).toBe(0);
    expect(metricOf('ndcg', last(10))).toBeCloseTo(1 / Math.log2(12), 14);
  });

  test('equal scores get the mean reciprocal rank over their orders', () => {
    // Orders of one relevant row among three, behind one row: ranks 2, 3 and 4.
    const rows = rowsOf([0, 1, 0, 0], [5, 1, 1, 1], [1, 1, 1, 1]);
    expect(metricOf('mrr', rows)).toBeCloseTo((1 / 2 + 1 / 3 + 1 / 4) / 3, 14);
  });

  test('a ranking without queries is refused', () => {
    expect(() => valuesOf(rowsOf([1], [1]))).toThrow('set `query`');
  });
});
