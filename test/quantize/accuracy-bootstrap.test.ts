import { expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { accuracyBootstrap } from '../../ml/statistics/accuracy-bootstrap.ts';
import { binaryMetricsNamed, outcomesOf, predictionsOf } from '../support/predictions.ts';
import { pairedBootstrap } from '../support/paired-bootstrap.ts';

/** Labels, and two models that are each wrong on some rows. */
function contest(rows: number, wrong: number, differ: number) {
  const random = createRandom(4);
  const labels = Uint8Array.from({ length: rows }, () => random.integer(2));
  const flip = (from: Uint8Array, share: number) => from.map((label) => (random.next() < share ? 1 - label : label));
  const champion = flip(labels, wrong);
  return { labels, champion, candidate: flip(champion, differ) };
}

test.each([
  [800, 0.2, 0.05],
  [500, 0.4, 0.6],
  [300, 0.1, 0.9],
])('the interval on %d rows is the one of the paired bootstrap', (rows, wrong, differ) => {
  const { labels, champion, candidate } = contest(rows, wrong, differ);
  const common = { labels, resamples: 20_000, alpha: 0.05, seed: 3 };
  const [known] = pairedBootstrap({
    ...common,
    outcomes: outcomesOf(labels),
    metrics: binaryMetricsNamed('accuracy'),
    candidate: predictionsOf(candidate, candidate),
    champion: predictionsOf(champion, champion),
  });
  const found = accuracyBootstrap({ ...common, candidate, champion });
  expect(found.estimate).toBeCloseTo(known!.estimate, 12);
  const width = known!.upper - known!.lower;
  expect(Math.abs(found.lower - known!.lower)).toBeLessThan(0.04 * width);
  expect(Math.abs(found.upper - known!.upper)).toBeLessThan(0.04 * width);
});

test('equal models leave no doubt, and a model that is right everywhere wins everywhere', () => {
  const labels = Uint8Array.of(1, 0, 1, 0);
  const common = { labels, resamples: 100, alpha: 0.05, seed: 1 };
  expect(accuracyBootstrap({ ...common, candidate: labels, champion: labels })).toEqual({
    estimate: 0,
    lower: 0,
    upper: 0,
  });
  const wrong = labels.map((label) => 1 - label);
  expect(accuracyBootstrap({ ...common, candidate: labels, champion: wrong })).toEqual({
    estimate: 1,
    lower: 1,
    upper: 1,
  });
  expect(accuracyBootstrap({ ...common, candidate: wrong, champion: labels })).toEqual({
    estimate: -1,
    lower: -1,
    upper: -1,
  });
});
