import { array, assert, constantFrom, double, integer, nat, property, record, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom } from '../../ml/random.ts';
import { alphaOf, expectedFalseRollbacks, retryShare, splitAlpha as split } from '../../policy/release/alpha-budget.ts';
import type { AlphaBudget, AlphaDeclaration } from '../../policy/release/alpha-budget.ts';
import { guardsInForce } from '../../policy/release/guards-in-force.ts';
import { allGuards } from '../../policy/release/guards/index.ts';
import { atMost } from '../support/watch.ts';

const guards = guardsInForce(releasePolicySchema.parse({}));
/** Among the guards of the default policy, unless others are declared. */
const splitAlpha = (declared: Partial<AlphaDeclaration> & Pick<AlphaDeclaration, 'alpha'>): AlphaBudget =>
  split({ guards, ...declared }, allGuards);
const weight = integer({ min: 1, max: 1000 }).map((w) => w / 100);
const declarations = record({
  alpha: double({ min: 1e-6, max: 0.999, noNaN: true }),
  guards: uniqueArray(constantFrom(...guards), { minLength: 1 }),
  segments: array(weight, { minLength: 1, maxLength: 6 }).map((weights) =>
    Object.fromEntries(weights.map((value, index) => [`segment ${index}`, value])),
  ),
  gateways: nat(50),
  gatewayPart: double({ min: 0, max: 1, noNaN: true }),
  retry: integer({ min: 1, max: 1000 }),
});

describe('the alpha of a release', () => {
  test('is spent to the last by one try over guards, segments and deciders, and never exceeded', () => {
    assert(
      property(declarations, (declared) => {
        const { available, spent, shares } = splitAlpha(declared);
        expect(spent / available).toBeCloseTo(1, 12);
        expect(spent).toBeLessThanOrEqual(declared.alpha);
        expect(shares.every(({ alpha }) => alpha >= 0)).toBe(true);
        const deciders = shares.filter(({ decider }) => decider === 'controlPlane').length;
        expect(deciders).toBe(declared.guards.length * Object.keys(declared.segments).length);
      }),
    );
  });
  test('is not used up by any number of tries of the same digest', () => {
    let sum = 0;
    for (let retry = 1; retry <= 100_000; retry++) sum += retryShare(retry);
    expect(sum).toBeLessThan(1);
    expect(sum).toBeGreaterThan(0.9999);
  });
  test('goes to the guards by their weights, and to segments, gateways and retries by theirs', () => {
    const budget = splitAlpha({
      alpha: 0.05,
      guards: ['errors', 'accuracy'],
      weights: { errors: 3, accuracy: 1 },
      segments: { all: 1, phones: 1 },
      gateways: 4,
      gatewayPart: 0.4,
      retry: 2,
    });
    const half = (0.05 * retryShare(2)) / 2;
    expect(alphaOf(budget, 'accuracy')).toBeCloseTo(half * 0.25, 15);
    // Gateways judge all of the traffic alone.
    expect(alphaOf(budget, 'errors', 'phones')).toBeCloseTo(half * 0.75, 15);
    expect(() => alphaOf(budget, 'errors', 'phones', 'gateway')).toThrow('on segment "phones" (gateway)');
    expect(alphaOf(budget, 'errors', 'all', 'gateway')).toBeCloseTo((half * 0.75 * 0.4) / 4, 15);
    expect(() => alphaOf(budget, 'accuracy', 'all', 'gateway')).toThrow('no alpha was set aside for guard "accuracy"');
  });
  test('leaves a guard without weight nothing, so that it never fires', () => {
    expect(alphaOf(splitAlpha({ alpha: 0.05, weights: { accuracy: 0 } }), 'accuracy')).toBe(0);
  });
  test('holds when every guard errs as often as it may, on its own, over tries until the last', () => {
    const random = createRandom(5);
    const repeats = 20_000;
    let rolledBack = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const tries = [1, 2, 3, 4, 5].map((retry) => budgets[retry - 1]?.shares ?? []);
      const erred = tries.some((shares) =>
        shares.some(({ alpha, instances }) => Array.from({ length: instances }).some(() => random.next() < alpha)),
      );
      if (erred) rolledBack += 1;
    }
    expect(rolledBack / repeats).toBeLessThanOrEqual(atMost(0.05, repeats));
    expect(rolledBack / repeats).toBeGreaterThan(0.03);
  });
});

const budgets = [1, 2, 3, 4, 5].map((retry) =>
  splitAlpha({ alpha: 0.05, segments: { all: 2, phones: 1 }, gateways: 3, retry }),
);

test('what many releases roll back for nothing adds up', () => {
  const first = splitAlpha({ alpha: 0.05 });
  const found = expectedFalseRollbacks(Array.from({ length: 10 }, () => first));
  expect(found.expected).toBeCloseTo(10 * 0.05 * retryShare(1), 12);
  expect(found.atLeastOne).toBeCloseTo(found.expected, 12);
  expect(expectedFalseRollbacks(Array.from({ length: 100 }, () => first)).atLeastOne).toBe(1);
  expect(expectedFalseRollbacks([])).toEqual({ expected: 0, atLeastOne: 0 });
});

describe('a declaration is refused', () => {
  test.each<[string, Partial<AlphaDeclaration>, string]>([
    ['that weighs a guard unknown', { weights: { speed: 1 } }, 'there is no guard "speed": in force are accuracy'],
    ['that has gateways judge one not in force', { guards: ['errors'], gatewayGuards: ['slow'] }, 'no guard "slow"'],
    ['that has a guard without weight', { guards: ['errors', 'mine'] }, 'guard "mine" has no weight'],
    ['with a negative weight', { weights: { errors: -1 } }, 'the weight of guard "errors" is -1'],
    ['with a weight that is not a number', { weights: { errors: Number.NaN } }, 'the weight of guard "errors" is NaN'],
    [
      'with nothing to share by',
      { guards: ['errors'], weights: { errors: 0 } },
      'the weights of the guards add up to 0',
    ],
    ['without a guard', { guards: [] }, 'the weights of the guards add up to 0'],
    ['with a segment below 0', { segments: { all: 1, phones: -2 } }, 'the weight of segment "phones" is -2'],
    ['that names a guard twice', { guards: ['errors', 'errors'] }, 'named twice'],
    ['with an alpha of 0', { alpha: 0 }, 'alpha is 0'],
    ['with an alpha of 1', { alpha: 1 }, 'alpha is 1'],
    ['with a try before the first', { retry: 0 }, 'retry is 0'],
    ['with half a gateway', { gateways: 1.5 }, '1.5 gateways'],
    ['with gateways that take more than there is', { gatewayPart: 1.2 }, "the gateways' part is 1.2"],
  ])('%s', (_, odd, message) => {
    expect(() => splitAlpha({ alpha: 0.05, ...odd })).toThrow(message);
  });
});
