import { expect, test } from 'vitest';
import { createRandom } from '../../../ml/random.ts';
import { simulateLabels } from '../../../ml/simulation/labels.ts';

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

test('labels come late, some never, and disagree as often as was asked', () => {
  const world = {
    minutes: 500,
    perMinute: 100,
    classes: [
      { share: 0.3, worse: 0.04, better: 0.01, delay: 0, missing: 0 },
      { share: 0.7, worse: 0.02, better: 0.03, delay: 100, missing: 0.3 },
    ],
  };
  const found = { early: 0, labels: 0, worse: 0, better: 0 };
  const releases = 40;
  for (let seed = 0; seed < releases; seed++) {
    const { labels, worse, better } = simulateLabels(world, createRandom(seed));
    found.early += sum(labels.subarray(0, 100));
    found.labels += sum(labels);
    found.worse += sum(worse);
    found.better += sum(better);
  }
  const near = (count: number, expected: number): void =>
    expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected));
  const [soon, late] = [releases * 500 * 30, releases * 400 * 70 * 0.7];
  near(found.early, releases * 100 * 30);
  near(found.labels, soon + late);
  near(found.worse, soon * 0.04 + late * 0.02);
  near(found.better, soon * 0.01 + late * 0.03);
});
