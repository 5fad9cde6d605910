import { array, assert, constantFrom, integer, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { metricFacts, type MetricName } from '../../contracts/model/tasks/metric-names.ts';
import { equalWidthBins } from '../../ml/calibration/bins.ts';
import { debiasedEce } from '../../ml/calibration/ece.ts';
import { aucOnce } from '../../ml/metrics/auc-once.ts';
import { aucOf, rankScores } from '../../ml/metrics/auc.ts';
import { cellsOf, confusionOf } from '../../ml/metrics/confusion.ts';
import { reliabilityBins, rocPoints } from '../../ml/metrics/curves.ts';
import { binaryMetrics } from '../../ml/tasks/binary/metrics.ts';
import { measure } from '../../ml/tasks/metric.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { binaryMetricsNamed, outcomesOf, predictionsOf } from '../support/predictions.ts';
import oracle from '../fixtures/numerics/binary.json' with { type: 'json' };

interface Answers {
  readonly probability: Float64Array;
  readonly positive: Uint8Array;
}
const computeMetrics = (labels: Uint8Array, { probability, positive }: Answers) =>
  measure(binaryMetrics, outcomesOf(labels), predictionsOf(probability, positive));
const resampledMetric = (name: MetricName, labels: Uint8Array, { probability, positive }: Answers) =>
  binaryMetricsNamed(name)[0]!.prepare(outcomesOf(labels), predictionsOf(probability, positive));

const cases = oracle.map((expected) => {
  const probability = Float64Array.from(expected.probability);
  const predictions = { probability, positive: Uint8Array.from(probability, (p) => (p >= 0.5 ? 1 : 0)) };
  return { expected, labels: Uint8Array.from(expected.labels), predictions };
});
const names = ['accuracy', 'precision', 'recall', 'f1', 'auc', 'logLoss', 'brier', 'ece'] as const;

describe.each(cases)('on $expected.labels.length rows', ({ expected, labels, predictions }) => {
  test.each(names)('%s agrees with scikit-learn (ece with numpy)', (metric) => {
    expect(computeMetrics(labels, predictions)[metric]).toBeCloseTo(expected[metric], 12);
  });

  test('the ROC curve has the points of scikit-learn', () => {
    const found = rocPoints(labels, predictions.probability, 10_000);
    expect(found).toHaveLength(expected.roc.length);
    found.forEach(([x, y], i) => {
      expect(x).toBeCloseTo(expected.roc[i]?.[0] ?? -1, 12);
      expect(y).toBeCloseTo(expected.roc[i]?.[1] ?? -1, 12);
    });
  });

  test.each(names)('%s of a resample equals that of the rows written out', (metric: MetricName) => {
    const random = createRandom(11);
    const drawn = Array.from(labels, () => random.integer(labels.length));
    const weights = new Int32Array(labels.length);
    for (const row of drawn) weights[row] = (weights[row] ?? 0) + 1;
    const written = computeMetrics(
      Uint8Array.from(drawn, (row) => labels[row] ?? 0),
      {
        probability: Float64Array.from(drawn, (row) => predictions.probability[row] ?? 0),
        positive: Uint8Array.from(drawn, (row) => predictions.positive[row] ?? 0),
      },
    );
    expect(resampledMetric(metric, labels, predictions)(weights)).toBeCloseTo(written[metric] ?? -1, 10);
  });
});

const scored = array(tuple(constantFrom(0, 1), integer({ min: 0, max: 20 })), {
  minLength: 2,
  maxLength: 60,
});

test('AUC is the share of pairs in the right order, ties counted one half', () => {
  assert(
    property(scored, (rows) => {
      const pairs = rows
        .filter(([label]) => label === 1)
        .flatMap(([, a]) => rows.filter(([l]) => l === 0).map(([, b]) => [a, b]));
      const wins = pairs.reduce((sum, [a = 0, b = 0]) => sum + (a > b ? 1 : a === b ? 0.5 : 0), 0);
      const labels = Uint8Array.from(rows, ([label]) => label);
      const scores = Float64Array.from(rows, ([, score]) => score);
      const found = aucOf(labels, rankScores(scores));
      expect(aucOnce(labels, scores)).toBe(found);
      if (pairs.length === 0) expect(found).toBeNull();
      else expect(found).toBeCloseTo(wins / pairs.length, 12);
    }),
  );
});

test.each([
  ['of float32, as models answer', (random: Random) => Math.fround(random.next() ** 3)],
  ['that double alone holds', (random: Random) => random.next()],
  ['on both sides of 0', (random: Random) => Math.fround(random.normal())],
  ['that are often equal, 0 and -0 too', (random: Random) => [-0, 0, 0.5, 1, Infinity][random.integer(5)]!],
  ['that are missing here and there', (random: Random) => [Number.NaN, 0.25, 0.75][random.integer(3)]!],
])('AUC of rows that count once is that of rows with weights of one, for scores %s', (_, score) => {
  const random = createRandom(6);
  const scores = Float64Array.from({ length: 5_000 }, () => score(random));
  const labels = Uint8Array.from(scores, (value) => Number(random.next() < (value > 0.5 ? 0.7 : 0.3)));
  const found = aucOnce(labels, scores);
  expect(found).toBeGreaterThan(0.5);
  expect(found).toBe(aucOf(labels, rankScores(scores)));
  expect(aucOnce(labels.fill(1), scores)).toBeNull();
});

function meanErrors(rows: number, truth: (p: number) => number) {
  const random = createRandom(5);
  const sums = { plain: 0, debiased: 0 };
  const repeats = 200;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const probability = Float64Array.from({ length: rows }, () => random.next());
    const bins = equalWidthBins(
      Uint8Array.from(probability, (p) => (random.next() < truth(p) ? 1 : 0)),
      probability,
    );
    for (const bin of bins) sums.plain += (bin.rows / rows) * Math.abs(bin.observed - bin.predicted);
    sums.debiased += debiasedEce(bins) ?? 0;
  }
  return { plain: sums.plain / repeats, debiased: sums.debiased / repeats };
}

test('on 100 rows a calibrated model reads about .12 plainly, and less than a third of that debiased', () => {
  const { plain, debiased } = meanErrors(100, (p) => p);
  expect(plain).toBeGreaterThan(0.09);
  expect(debiased).toBeLessThan(plain / 3);
});

test('a true calibration error of .1 is found after debiasing too', () => {
  expect(meanErrors(4000, (p) => 0.8 * p + 0.1 + 0.1 * Math.sign(p - 0.5) * -1).debiased).toBeGreaterThan(0.08);
});

test('metrics that are undefined are null, not 0', () => {
  expect(debiasedEce([])).toBeNull();
  const none = computeMetrics(Uint8Array.of(0, 0), {
    probability: Float64Array.of(0.1, 0.2),
    positive: Uint8Array.of(0, 0),
  });
  expect(none).toMatchObject({ accuracy: 1, precision: null, recall: null, f1: null, auc: null });
  const empty = computeMetrics(new Uint8Array(), { probability: new Float64Array(), positive: new Uint8Array() });
  expect(Object.values(empty)).toEqual(binaryMetrics.map(() => null));
});

test.each([
  [1, 0],
  [0, 1],
])('a sure and wrong prediction costs a finite log loss: label %i, probability %i', (label, probability) => {
  const labels = Uint8Array.of(label, 1 - label);
  const loss = computeMetrics(labels, {
    probability: Float64Array.of(probability, probability),
    positive: Uint8Array.of(probability, probability),
  }).logLoss;
  expect(loss).toBeCloseTo((52 * Math.LN2) / 2, 6);
});

test('a metric of a resample without rows is null, that of one row is its own', () => {
  const predictions = { probability: Float64Array.of(0.25, 1), positive: Uint8Array.of(0, 1) };
  const of = (metric: MetricName, ...weights: number[]) =>
    resampledMetric(metric, Uint8Array.of(1, 1), predictions)(Int32Array.from(weights));
  for (const metric of names) expect(of(metric, 0, 0)).toBeNull();
  expect([of('accuracy', 1, 0), of('accuracy', 0, 1), of('brier', 1, 0), of('precision', 0, 1)]).toEqual([
    0, 1, 0.5625, 1,
  ]);
});

test('a probability that is NaN is in no bin', () => {
  const bins = equalWidthBins(Uint8Array.of(1, 1, 0), Float64Array.of(Number.NaN, 0.5, 1), 2);
  expect(bins.map(({ rows, predicted, observed }) => [rows, predicted, observed])).toEqual([[2, 0.75, 0.5]]);
});

test('a curve is thinned evenly, both ends included', () => {
  // Positives and negatives take turns from the top: the curve climbs in 400 equal steps.
  const probability = Float64Array.from({ length: 400 }, (_, i) => i / 400);
  const labels = Uint8Array.from(probability, (_, i) => i % 2);
  const whole = rocPoints(labels, probability, 401);
  expect(whole).toHaveLength(401);
  expect(rocPoints(labels, probability, 5)).toEqual([0, 100, 200, 300, 400].map((i) => whole[i]));
});

test('the curves for the report are small, and start and end where they should', () => {
  const random = createRandom(8);
  const probability = Float64Array.from({ length: 5000 }, () => random.next());
  const labels = Uint8Array.from(probability, (p) => (random.next() < p ? 1 : 0));
  const roc = rocPoints(labels, probability);
  expect(roc.length).toBeLessThanOrEqual(100);
  expect(roc[0]).toEqual([0, 0]);
  expect(roc.at(-1)).toEqual([1, 1]);
  expect(reliabilityBins(labels, probability).reduce((sum, bin) => sum + bin.rows, 0)).toBe(5000);
});

test('answers are counted once each, or by their weights', () => {
  const [labels, positive] = [Uint8Array.of(1, 1, 1, 0, 0, 0, 0), Uint8Array.of(1, 1, 0, 1, 0, 0, 0)];
  const counts = { truePositives: 2, falseNegatives: 1, falsePositives: 1, trueNegatives: 3 };
  const cells = cellsOf(labels, positive);
  expect(confusionOf(cells)).toEqual(counts);
  expect(confusionOf(cells, Int32Array.of(5, 0, 2, 3, 1, 0, 0))).toEqual({
    truePositives: 5,
    falseNegatives: 2,
    falsePositives: 3,
    trueNegatives: 1,
  });
});

test('losses and calibration errors are better when they are lower', () => {
  expect(names.filter((metric) => metricFacts[metric].direction === 'lower')).toEqual(['logLoss', 'brier', 'ece']);
});
