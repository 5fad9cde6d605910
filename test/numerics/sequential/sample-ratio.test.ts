import { array, assert, double, integer, nat, property, shuffledSubarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleRatioEvidence, sampleRatioTest, sharesEvidence } from '../../../ml/sequential/sample-ratio.ts';
import type { Random } from '../../../ml/random.ts';
import oracle from '../../fixtures/numerics/event-sequences.json' with { type: 'json' };
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;

test.each(oracle.sampleRatio)(
  'agrees with the predictive chances of one key after the other: $strata.0.shares',
  ({ strata, concentration, log }) => {
    expect(Math.log(sharesEvidence(strata, concentration))).toBeCloseTo(log, 9);
  },
);

/** Keys one by one over the steps of a ramp; how many there were when the guard fires. `truth` turns a share into the real one. */
const play = (shares: readonly number[], perStep: number, truth: (share: number) => number) => (random: Random) => {
  const strata = shares.map((share) => ({ share, champion: 0, canary: 0 }));
  let keys = 0;
  for (const [step, count] of strata.entries()) {
    for (let key = 0; key < perStep; key++) {
      if (random.next() < truth(count.share)) count.canary++;
      else count.champion++;
      keys += 1;
      if (keys % 20 === 0 && sampleRatioEvidence(strata.slice(0, step + 1)) >= 1 / alpha) return keys;
    }
  }
  return null;
};

test('many looks see at each what one look sees, whichever count of a step has changed', () => {
  const test = sampleRatioTest();
  const looks = [
    [[0.1, 900, 100]],
    [[0.1, 900, 130]],
    [[0.1, 950, 130]],
    [[0.2, 950, 130]],
    [
      [0.2, 950, 130],
      [0.5, 40, 60],
    ],
    [
      [0.2, 950, 130],
      [0.5, 40, 90],
    ],
    [[0.1, 900, 100]],
  ];
  for (const look of looks) {
    const counts = look.map(([share = 0, champion = 0, canary = 0]) => ({ share, champion, canary }));
    expect(test(counts)).toBe(
      sharesEvidence(
        counts.map(({ share, champion, canary }) => ({ shares: [1 - share, share], keys: [champion, canary] })),
      ),
    );
  }
});

describe('keys by the share in force', () => {
  test('raise an alarm at most so often as alpha says, over a ramp', () => {
    const repeats = 500;
    expect(
      watch(
        repeats,
        play([0.05, 0.25, 0.5], 1500, (share) => share),
      ).share,
    ).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('give an expectation of 1 after the next key, from any state, on three arms too', () => {
    assert(
      property(
        array(double({ min: 0.05, max: 1, noNaN: true }), { minLength: 2, maxLength: 4 }),
        array(nat(300), { minLength: 4, maxLength: 4 }),
        integer({ min: 1, max: 5000 }),
        (weights, before, concentration) => {
          const whole = weights.reduce((a, b) => a + b, 0);
          const shares = weights.map((weight) => weight / whole);
          const keys = shares.map((_, arm) => before[arm] ?? 0);
          const now = sharesEvidence([{ shares, keys }], concentration);
          const mean = shares.reduce((sum, share, arm) => {
            const next = keys.map((count, other) => count + (other === arm ? 1 : 0));
            return sum + share * (sharesEvidence([{ shares, keys: next }], concentration) / now);
          }, 0);
          if (now < 1e290) expect(mean).toBeCloseTo(1, 8);
        },
      ),
    );
  });
});

test('11 % of the keys where 10 % were to come are found, at the sample ratio guard of a whole release, within 40,000 keys', () => {
  const found = watch(40, (random) => {
    const count = { share: 0.1, champion: 0, canary: 0 };
    for (let key = 1; key <= 40_000; key++) {
      if (random.next() < 0.11) count.canary++;
      else count.champion++;
      if (key % 100 === 0 && sampleRatioEvidence([count]) >= 1 / 0.0025) return key;
    }
    return null;
  });
  expect(found.share).toBeGreaterThan(0.95);
  expect(found.median).toBeGreaterThan(8000);
  expect(found.median).toBeLessThan(18_000);
});

test.each([0.18, 0.33])('%d of the keys where .25 were to come are found within 2,000', (truth) => {
  expect(
    watch(
      60,
      play([0.25], 2000, () => truth),
    ).share,
  ).toBeGreaterThan(0.95);
});

test('the order of arms and strata does not matter', () => {
  const strata = [
    { shares: [0.7, 0.2, 0.1], keys: [70, 31, 9] },
    { shares: [0.5, 0.25, 0.25], keys: [400, 230, 180] },
    { shares: [0.4, 0.3, 0.3], keys: [10, 3, 1] },
  ];
  const value = sharesEvidence(strata);
  assert(
    property(
      shuffledSubarray([0, 1, 2], { minLength: 3 }),
      shuffledSubarray([0, 1, 2], { minLength: 3 }),
      (arms, order) => {
        const moved = order.map((at) => ({
          shares: arms.map((arm) => strata[at]?.shares[arm] ?? 0),
          keys: arms.map((arm) => strata[at]?.keys[arm] ?? 0),
        }));
        expect(sharesEvidence(moved) / value).toBeCloseTo(1, 10);
      },
    ),
  );
});

test('an arm without a share, and a step with only one arm, say nothing', () => {
  expect(sampleRatioEvidence([])).toBe(1);
  expect(
    sampleRatioEvidence([
      { share: 0, champion: 900, canary: 3 },
      { share: 1, champion: 3, canary: 900 },
    ]),
  ).toBe(1);
  const two = sharesEvidence([{ shares: [0.8, 0.2], keys: [50, 40] }]);
  expect(sharesEvidence([{ shares: [0.8, 0, 0.2], keys: [50, 7, 40] }])).toBeCloseTo(two, 9);
});

test('overwhelming evidence stays a number', () => {
  const value = sampleRatioEvidence([{ share: 0.01, champion: 0, canary: 10_000_000 }]);
  expect(value).toBeGreaterThan(1e290);
  expect(value).toBeLessThan(Infinity);
});
