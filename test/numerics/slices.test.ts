import { describe, expect, test } from 'vitest';
import { slicesOf } from '../../activities/run/evaluate/slices.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import { benjaminiHochberg } from '../../ml/statistics/benjamini-hochberg.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import { binaryMetricsNamed, outcomesOf, predictionsOf } from '../support/predictions.ts';
import { pairedBootstrap } from '../support/paired-bootstrap.ts';
import { quantileOfSorted } from '../../ml/statistics/quantile.ts';
import oracle from '../fixtures/numerics/slices.json' with { type: 'json' };

describe('agree with numpy, pandas, scikit-learn and statsmodels', () => {
  test('rows, accuracy and AUC of each value of a column; very small slices are left out', () => {
    const { region, labels, probability, slices } = oracle.slices;
    const frame: Frame = { rowCount: region.length, columns: { region: { type: 'string', values: region } } };
    const found = slicesOf('region', frame, taskFor({ task: 'binary' }), {
      outcomes: outcomesOf(labels),
      predictions: predictionsOf(probability),
    });
    expect(found.map(({ value, rows }) => [value, rows])).toEqual(slices.map(({ value, rows }) => [value, rows]));
    for (const [i, { accuracy, auc }] of slices.entries()) {
      expect(found[i]?.metrics.accuracy).toBeCloseTo(accuracy, 13);
      if (auc === null) expect(found[i]?.metrics.auc).toBeNull();
      else expect(found[i]?.metrics.auc).toBeCloseTo(auc, 13);
    }
  });

  test('the bootstrap interval of the difference in calibration error, but for the draws', () => {
    const { labels, candidate, champion, alpha, estimate, lower, upper } = oracle.contest;
    const [found] = pairedBootstrap({
      outcomes: outcomesOf(labels),
      candidate: predictionsOf(candidate),
      champion: predictionsOf(champion),
      metrics: binaryMetricsNamed('ece'),
      resamples: 2_000,
      alpha,
      seed: 12,
    });
    expect(found?.estimate).toBeCloseTo(estimate, 10);
    expect(Math.abs((found?.lower ?? 9) - lower) / (upper - lower)).toBeLessThan(0.08);
    expect(Math.abs((found?.upper ?? 9) - upper) / (upper - lower)).toBeLessThan(0.08);
  });

  test.each(oracle.quantiles)('quantiles of $sorted.length values', ({ sorted, levels, values }) => {
    for (const [i, level] of levels.entries())
      expect(quantileOfSorted(Float64Array.from(sorted), level)).toBeCloseTo(values[i] ?? Number.NaN, 12);
  });

  test.each(oracle.adjusted)('adjusted p-values: $p', ({ p, adjusted }) => {
    const found = benjaminiHochberg(p);
    expect(found).toHaveLength(p.length);
    for (const [i, value] of adjusted.entries()) expect(found[i]).toBeCloseTo(value, 12);
  });
});

test('a quantile of no values is NaN', () => {
  expect(quantileOfSorted(new Float64Array(), 0.5)).toBeNaN();
});
