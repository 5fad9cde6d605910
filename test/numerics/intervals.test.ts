import { describe, expect, test } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import { permutationImportance } from '../../ml/explanation/permutation-importance.ts';
import { largestGap, smallestRateRatio } from '../../ml/fairness/contrasts.ts';
import { groupLosses } from '../../ml/fairness/group-loss.ts';
import { reliabilityBins } from '../../ml/metrics/curves.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { binaryMetricsNamed, outcomesOf, predictionsOf } from '../support/predictions.ts';
import { pairedBootstrap } from '../support/paired-bootstrap.ts';
import oracle from '../fixtures/numerics/intervals.json' with { type: 'json' };

/** Every draw is 0: the critical value is then that of a single interval. */
const still: Random = { next: () => 0, integer: () => 0, normal: () => 0, permutation: (n) => new Int32Array(n) };
const single = { alpha: 0.05, resamples: 1, random: still };
const ratesOf = (rates: number[][]) => rates.map(([events = 0, trials = 0]) => ({ events, trials }));
describe('agree with statsmodels, scipy and scikit-learn', () => {
  test.each(oracle.gaps)('the interval of a gap, by Newcombe: $families', ({ families, estimate, lower, upper }) => {
    const found = largestGap(families.map(ratesOf), single);
    expect(found?.estimate).toBeCloseTo(estimate, 12);
    expect(found?.lower).toBeCloseTo(lower, 8);
    expect(found?.upper).toBeCloseTo(upper, 8);
  });

  test.each(oracle.ratios)('the interval of a ratio: $rates', ({ rates, estimate, lower, upper }) => {
    const found = smallestRateRatio(ratesOf(rates), single);
    expect(found?.estimate).toBeCloseTo(estimate, 12);
    expect(found?.lower).toBeCloseTo(lower, 10);
    expect(found?.upper).toBeCloseTo(upper, 10);
  });

  test.each(oracle.studentizedRange)('the critical value of all pairs of %i equal groups: %f', (groups, critical) => {
    if (critical === undefined || groups === undefined) throw new Error('a pair of numbers');
    const rates = Array.from({ length: groups }, () => ({ events: 5_000, trials: 10_000 }));
    const gap = largestGap([rates], { alpha: 0.05, resamples: 6_000, random: createRandom(8) });
    // With equal large groups the upper end is the critical value times the deviation of a difference.
    expect((gap?.upper ?? 0) / Math.sqrt((2 * 0.25) / 10_000) / critical).toBeCloseTo(1, 1.5);
  });

  test('the critical value of groups of unequal size', () => {
    const { trials, upper } = oracle.unequal;
    const rates = trials.map((count) => ({ events: count / 2, trials: count }));
    const gap = largestGap([rates], { alpha: 0.05, resamples: 20_000, random: createRandom(8) });
    expect((gap?.upper ?? 0) / upper).toBeCloseTo(1, 1.8);
  });

  test('the loss of groups, simultaneous over those that are judged', () => {
    const cells = oracle.losses.flatMap(({ rows, worse, better }, group) =>
      Array.from({ length: rows }, (_, row) => ({
        group,
        candidate: row < worse ? 1 : 0,
        champion: row >= worse && row < worse + better ? 1 : 0,
      })),
    );
    const found = groupLosses(
      { attribute: 'G', names: ['a', 'b', 'c', 'd'], index: Int32Array.from(cells, ({ group }) => group) },
      new Uint8Array(cells.length),
      Uint8Array.from(cells, ({ candidate }) => candidate),
      Uint8Array.from(cells, ({ champion }) => champion),
      oracle.losses.map(({ judged }) => judged),
      0.05,
    );
    for (const [group, { judged, estimate, lower, upper }] of oracle.losses.entries()) {
      if (!judged) {
        expect(found[group]).toBeNull();
        continue;
      }
      expect(found[group]?.estimate).toBeCloseTo(estimate, 12);
      expect(found[group]?.lower).toBeCloseTo(lower, 10);
      expect(found[group]?.upper).toBeCloseTo(upper, 10);
    }
  });

  test.each([
    { worse: 5, better: 0, lower: 0.278, upper: 1 },
    { worse: 0, better: 5, lower: -1, upper: -0.278 },
    { worse: 1, better: 1, lower: -0.485, upper: 0.485 },
  ])('the loss of the only judged group of 5 rows, by hand: $worse worse, $better better', (expected) => {
    const { worse, better, lower, upper } = expected;
    const [found] = groupLosses(
      { attribute: 'G', names: ['a'], index: new Int32Array(5) },
      new Uint8Array(5),
      Uint8Array.from({ length: 5 }, (_, row) => (row < worse ? 1 : 0)),
      Uint8Array.from({ length: 5 }, (_, row) => (row >= worse && row < worse + better ? 1 : 0)),
      [true],
      0.05,
    );
    expect(found?.estimate).toBe((worse - better) / 5);
    expect(found?.lower).toBeCloseTo(lower, 3);
    expect(found?.upper).toBeCloseTo(upper, 3);
  });

  test('a ratio with a group that is never selected is 0, with one that always is that of the other', () => {
    const random = () => ({ ...single, random: createRandom(1), resamples: 100 });
    const ratio = (...rates: number[][]) => smallestRateRatio(ratesOf(rates), random())?.estimate;
    expect(ratio([0, 50], [20, 50])).toBe(0);
    expect(ratio([25, 50], [50, 50])).toBe(0.5);
    expect(ratio([0, 50], [0, 50])).toBeUndefined();
    expect(ratio([25, 50])).toBeUndefined();
  });

  test('mean and deviation of permutation importance', async () => {
    const { labels, base, columns } = oracle.importance;
    const frame: Frame = {
      rowCount: labels.length,
      columns: Object.fromEntries(
        Object.keys(columns).map((name) => [name, { type: 'number', values: new Float64Array(labels.length) }]),
      ),
    };
    const passes = [base, ...Object.values(columns).flatMap((column) => column.passes)];
    let pass = 0;
    const { importances } = await permutationImportance({
      frame,
      outcomes: outcomesOf(labels),
      metric: binaryMetricsNamed('auc')[0]!,
      features: Object.keys(columns),
      predict: () => Promise.resolve(predictionsOf(passes[pass++] ?? [])),
      repeats: 4,
      seed: 1,
    });
    expect(pass).toBe(passes.length);
    for (const { column, mean, deviation } of importances) {
      const expected = columns[column as keyof typeof columns];
      expect(mean).toBeCloseTo(expected.mean, 12);
      expect(deviation).toBeCloseTo(expected.deviation, 12);
    }
  });

  const labels = Uint8Array.from(oracle.calibration.labels);
  const probability = Float64Array.from(oracle.calibration.probability);
  test('the reliability diagram, in 15 bins', () => {
    const bins = oracle.calibration.bins;
    const found = reliabilityBins(labels, probability);
    expect(found).toHaveLength(bins.length);
    for (const [i, { rows, predicted, observed }] of found.entries()) {
      expect(rows).toBe(bins[i]?.[0]);
      expect(predicted).toBeCloseTo(bins[i]?.[1] ?? -1, 12);
      expect(observed).toBeCloseTo(bins[i]?.[2] ?? -1, 12);
    }
  });

  const { contest } = oracle;
  const names = Object.keys(contest.metrics) as (keyof typeof contest.metrics)[];
  const bootstrapped = pairedBootstrap({
    outcomes: outcomesOf(contest.labels),
    candidate: predictionsOf(contest.candidate),
    champion: predictionsOf(contest.champion),
    metrics: binaryMetricsNamed(...names),
    resamples: 4_000,
    alpha: contest.alpha,
    seed: 12,
  });
  test.each(names)('the bootstrap interval of the difference in %s, but for the draws', (metric) => {
    const expected = contest.metrics[metric];
    const found = bootstrapped.find((one) => one.metric === metric);
    const width = expected.upper - expected.lower;
    expect(found?.estimate).toBeCloseTo(expected.estimate, 10);
    expect(Math.abs((found?.lower ?? 9) - expected.lower) / width).toBeLessThan(0.06);
    expect(Math.abs((found?.upper ?? 9) - expected.upper) / width).toBeLessThan(0.06);
  });
});
