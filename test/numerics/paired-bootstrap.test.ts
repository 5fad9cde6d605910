import { expect, test } from 'vitest';
import type { Predictions } from '../../contracts/data/frame.ts';
import { createRandom } from '../../ml/random.ts';
import { pairedBootstrapSteps } from '../../ml/statistics/paired-bootstrap.ts';
import { pairedBootstrap } from '../support/paired-bootstrap.ts';
import { binaryMetricsNamed, outcomesOf, predictionsOf } from '../support/predictions.ts';

/** Labels with two models that see the truth through noise. */
function contest(rows: number, seed: number, candidateNoise: number, championNoise: number) {
  const random = createRandom(seed);
  const truth = Float64Array.from({ length: rows }, () => random.normal());
  const see = (noise: number): Predictions => {
    const probability = truth.map((t) => 1 / (1 + Math.exp(-(2 * t + noise * random.normal()))));
    return predictionsOf(probability);
  };
  const labels = Uint8Array.from(truth, (t) => (random.next() < 1 / (1 + Math.exp(-2 * t)) ? 1 : 0));
  return {
    outcomes: outcomesOf(labels),
    candidate: see(candidateNoise),
    champion: see(championNoise),
    alpha: 0.05,
    seed,
  };
}
const names = ['auc', 'accuracy', 'logLoss', 'brier'] as const;
const metrics = binaryMetricsNamed(...names);

test('a model compared with itself differs by exactly nothing', () => {
  const same = contest(300, 1, 1, 1);
  const found = pairedBootstrap({ ...same, champion: same.candidate, metrics, resamples: 50 });
  expect(found).toEqual(names.map((metric) => ({ metric, estimate: 0, lower: 0, upper: 0 })));
});

test('a much better model is better on every bound, losses being lower', () => {
  const found = pairedBootstrap({ ...contest(3000, 2, 0.1, 3), metrics, resamples: 300 });
  for (const { metric, lower, upper } of found) {
    if (metric === 'logLoss' || metric === 'brier') expect(upper).toBeLessThan(0);
    else expect(lower).toBeGreaterThan(0);
  }
});

test('the interval of the difference in accuracy is that of the discordant pairs', () => {
  const input = contest(4000, 3, 1, 1.5);
  const [found] = pairedBootstrap({ ...input, metrics: binaryMetricsNamed('accuracy'), resamples: 2000 });
  const d = Array.from(
    input.outcomes.truth,
    (label, row) => Number(input.candidate.answer[row] === label) - Number(input.champion.answer[row] === label),
  );
  const mean = d.reduce((a, b) => a + b, 0) / d.length;
  const error = Math.sqrt(d.reduce((sum, x) => sum + (x - mean) ** 2, 0)) / d.length;
  expect(found?.estimate).toBeCloseTo(mean, 12);
  const reach = ((found?.upper ?? 0) - (found?.lower ?? 0)) / (2 * error);
  expect(reach).toBeGreaterThan(1.85);
  expect(reach).toBeLessThan(2.07);
});

test('equal models are called better about as often as the level says', () => {
  const runs = 120;
  let better = 0;
  for (let seed = 100; seed < 100 + runs; seed++) {
    const [auc] = pairedBootstrap({ ...contest(250, seed, 1, 1), metrics: binaryMetricsNamed('auc'), resamples: 150 });
    if ((auc?.lower ?? 0) > 0) better++;
  }
  expect(better / runs).toBeLessThan(0.08);
});

test('the same seed gives the same intervals, another seed others', () => {
  const input = { ...contest(400, 4, 1, 1.2), metrics, resamples: 100 };
  expect(pairedBootstrap(input)).toEqual(pairedBootstrap(input));
  expect(pairedBootstrap(input)).not.toEqual(pairedBootstrap({ ...input, seed: 99 }));
});

test('it can be taken in steps, and tells how far it is', () => {
  const input = { ...contest(100, 5, 1, 1), metrics: binaryMetricsNamed('auc'), resamples: 4 };
  const steps = pairedBootstrapSteps(input);
  expect([steps.next().value, steps.next().value, steps.next().value, steps.next().value]).toEqual([
    0.25, 0.5, 0.75, 1,
  ]);
  expect(steps.next()).toEqual({ done: true, value: pairedBootstrap(input) });
});

test('a metric that has no value is left out', () => {
  const input = contest(50, 6, 1, 1);
  const found = pairedBootstrap({
    ...input,
    outcomes: outcomesOf(new Uint8Array(50)),
    metrics: binaryMetricsNamed('auc', 'accuracy'),
    resamples: 20,
  });
  expect(found.map(({ metric }) => metric)).toEqual(['accuracy']);
});

const answers = (...positive: number[]): Predictions => predictionsOf(positive, positive);

test('one row is drawn again and again', () => {
  const one = {
    outcomes: outcomesOf([1]),
    candidate: answers(1),
    champion: answers(0),
    resamples: 5,
    alpha: 0.05,
    seed: 1,
  };
  expect(pairedBootstrap({ ...one, metrics: binaryMetricsNamed('accuracy') })).toEqual([
    { metric: 'accuracy', estimate: 1, lower: 1, upper: 1 },
  ]);
});

test('a metric that either model lacks on the rows is left out', () => {
  const rows = {
    outcomes: outcomesOf([1, 1, 0]),
    resamples: 20,
    alpha: 0.05,
    seed: 1,
    metrics: binaryMetricsNamed('precision'),
  };
  const [some, none] = [answers(1, 1, 1), answers(0, 0, 0)];
  expect(pairedBootstrap({ ...rows, candidate: some, champion: none })).toEqual([]);
  expect(pairedBootstrap({ ...rows, candidate: none, champion: some })).toEqual([]);
  expect(pairedBootstrap({ ...rows, candidate: some, champion: some })).toHaveLength(1);
});
