import { expect, test } from 'vitest';
import { meanOfFolds } from '../../ml/statistics/mean-of-folds.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import oracle from '../fixtures/numerics/mean-of-folds.json' with { type: 'json' };

test.each(oracle)('the interval over folds at alpha $alpha agrees with scipy, from $lower to $upper', (given) => {
  const { folds, alpha, ...expected } = given;
  const found = meanOfFolds(folds, alpha);
  for (const end of ['estimate', 'lower', 'upper'] as const) expect(found[end]).toBeCloseTo(expected[end], 10);
});

test('one fold has no interval', () => {
  expect(() => meanOfFolds([{ value: 0.5, trained: 10, tested: 10 }], 0.05)).toThrow(RangeError);
});

/** Ten folds of 60 rows, each answered by the nearer mean of the two classes of the other rows. */
function accuracies(random: Random): { value: number; trained: number; tested: number }[] {
  const rows = Array.from({ length: 60 }, (_, row) => ({ label: row % 2, x: drawn(random, row % 2) }));
  return Array.from({ length: 10 }, (_, fold) => {
    const tested = rows.slice(6 * fold, 6 * fold + 6);
    const trained = rows.filter((row) => !tested.includes(row));
    const right = tested.filter(({ label, x }) => answer(trained, x) === label).length;
    return { value: right / tested.length, trained: trained.length, tested: tested.length };
  });
}

type Row = { label: number; x: number };
const drawn = (random: Random, label: number): number => label + random.normal();
const meanOf = (rows: readonly Row[], label: number): number => {
  const own = rows.filter((row) => row.label === label);
  return own.reduce((sum, { x }) => sum + x, 0) / own.length;
};
const answer = (rows: readonly Row[], x: number): number =>
  Math.abs(x - meanOf(rows, 1)) < Math.abs(x - meanOf(rows, 0)) ? 1 : 0;

test('the interval holds the accuracy that the learner has on new rows about as often as it says', () => {
  const random = createRandom(5);
  // With a mean of 0 and of 1 and a deviation of 1 the best rule is right with the chance of a standard normal below .5; a learner of 54 rows loses little.
  const truth = 0.6915;
  const studies = 600;
  let held = 0;
  let naive = 0;
  for (let study = 0; study < studies; study += 1) {
    const folds = accuracies(random);
    const { estimate, lower, upper } = meanOfFolds(folds, 0.1);
    const shared = 1 / 10 + 6 / 54;
    const half = ((upper - lower) / 2) * Math.sqrt(0.1 / shared);
    if (lower <= truth && truth <= upper) held += 1;
    if (Math.abs(estimate - truth) <= half) naive += 1;
  }
  expect(held / studies).toBeGreaterThan(0.9);
  expect(naive).toBeLessThan(held);
});
