import { array, assert, constantFrom, double, integer, nat, oneof, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOfValue, partsPerStep, valueSteps, type ValuedKeys } from '../../../contracts/evidence/values.ts';
import type { Random } from '../../../ml/random.ts';
import { meanAboveEvidence, meanBelowEvidence } from '../../../ml/sequential/bounded-mean.ts';
import { inversePropensityCounts, looseLimits } from '../../../ml/sequential/inverse-propensity.ts';
import { liveValues, valueKeptEvidence, valueLossEvidence } from '../../../ml/sequential/live-value.ts';
import { addValue, valuedKeys } from '../../support/valued-keys.ts';
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;
const limits = { least: 0.1, greatest: 0.5 };
const range = { from: 0, to: 1 };
const sum = (counts: readonly { value: number; count: number }[]): number =>
  counts.reduce((total, { value, count }) => total + value * count, 0);

/** Often at an end of the range or of a step, else anywhere. */
const value = oneof(
  constantFrom(0, 1),
  integer({ min: 0, max: valueSteps }).map((step) => step / valueSteps),
  double({ min: 0, max: 1, noNaN: true }),
);
const cells = array(
  record({
    share: constantFrom(0.1, 0.25, 0.5),
    arm: constantFrom('champion' as const, 'canary' as const),
    values: array(value, { maxLength: 30 }),
    missing: nat(10),
  }),
  { maxLength: 5 },
);
const stepped = (all: readonly { share: number; arm: ValuedKeys['arm']; values: number[]; missing: number }[]) =>
  all.map(({ share, arm, values, missing }) => valuedKeys(share, arm, values, range, missing));
const centre = constantFrom(0, 0, 0.3, 1);
const limit = constantFrom(0, 0.02, 0.3);

test('the place of a value is its step, and nothing beyond where it is an end of one or outside the range', () => {
  const ratings = { from: 1, to: 5 };
  expect([1, -9, 3, 5, 5.1].map((of) => placeOfValue(of, ratings))).toEqual(
    [0, 0, 500, 1000, 1000].map((step) => ({ step, low: 0, high: 0 })),
  );
  expect(placeOfValue(1.00201, ratings)).toEqual({ step: 0, low: 502, high: 503 });
  assert(
    property(value, (of) => {
      const { step, low, high } = placeOfValue(of, range);
      expect((step + low / partsPerStep) / valueSteps).toBeLessThanOrEqual(of + 1e-15);
      expect((step + high / partsPerStep) / valueSteps).toBeGreaterThanOrEqual(of - 1e-15);
    }),
  );
});

describe('the values of live keys', () => {
  test('have the value gained as their mean at every share, for any centre', () => {
    assert(
      property(constantFrom(0.1, 0.3, 0.5), value, value, centre, (share, canary, champion, off) => {
        const keys: ValuedKeys[] = (['canary', 'champion'] as const).map((arm) => {
          const one = valuedKeys(share, arm, [arm === 'canary' ? canary : champion]);
          const size = arm === 'canary' ? share : 1 - share;
          const values = one.values.map(([step, count, low, high]): ValuedKeys['values'][number] => [
            step,
            count * size,
            low * size,
            high * size,
          ]);
          return { ...one, values };
        });
        for (const toShow of ['loss', 'kept'] as const)
          expect(sum(liveValues(keys, { ...limits, centre: off }, toShow).counts)).toBeCloseTo(canary - champion, 4);
      }),
    );
  });
  test('leave out shares that nobody planned', () => {
    const odd = [valuedKeys(0.05, 'canary', [1]), valuedKeys(0.6, 'champion', [1]), valuedKeys(1, 'canary', [1])];
    expect(liveValues(odd, limits, 'loss').counts).toEqual([]);
    expect(liveValues([valuedKeys(0.1 - 1e-16, 'canary', [1])], limits, 'kept').counts).toHaveLength(1);
  });
});

describe('evidence from values in steps', () => {
  const exactly = (all: Parameters<typeof stepped>[0], off: number) =>
    inversePropensityCounts(
      all.flatMap(({ share, arm, values }) => values.map((of) => ({ share, arm, value: of, count: 1 }))),
      // The evidence reads the limits a little looser, and its bets follow from them.
      looseLimits(limits),
      off,
    );
  test('is never more than that of the values themselves, and the same where these are ends of steps', () => {
    assert(
      property(cells, centre, limit, (all, off, of) => {
        const { counts, range: within } = exactly(all, off);
        const design = { ...limits, centre: off };
        const [loss, kept] = [meanBelowEvidence(counts, within, -of), meanAboveEvidence(counts, within, -of)];
        expect(valueLossEvidence(stepped(all), design, of)).toBeLessThanOrEqual(loss * (1 + 1e-11));
        expect(valueKeptEvidence(stepped(all), design, of)).toBeLessThanOrEqual(kept * (1 + 1e-11));
        const ends = all.map((cell) => ({
          ...cell,
          values: cell.values.map((one) => Math.round(one * valueSteps) / valueSteps),
        }));
        const rounded = exactly(ends, off);
        const known = meanBelowEvidence(rounded.counts, rounded.range, -of);
        expect(valueLossEvidence(stepped(ends), design, of) / known).toBeCloseTo(1, 6);
      }),
      {
        examples: [
          [
            [
              { share: 0.5, arm: 'champion', values: [0.795, 0.893, 0], missing: 0 },
              { share: 0.1, arm: 'canary', values: [0.433, 1, 0.859, 0, 0, 0.682, 0], missing: 0 },
            ],
            0,
            0.3,
          ],
        ],
      },
    );
  });
  test('is hardly less than that of many values that are nowhere near an end of a step', () => {
    const cell = (share: number, arm: ValuedKeys['arm'], mean: number) => ({
      share,
      arm,
      values: Array.from({ length: 2000 }, (_, i) => (2 * mean * (i + Math.SQRT1_2)) / 2000.7),
      missing: 0,
    });
    const all = [cell(0.5, 'champion', 0.2), cell(0.5, 'canary', 0.17)];
    const { counts, range: within } = exactly(all, 0);
    const [is, could] = [valueLossEvidence(stepped(all), limits, 0), meanBelowEvidence(counts, within, 0)];
    expect(could).toBeGreaterThan(20);
    expect(is / could).toBeGreaterThan(0.99);
  });
  test('grows with what the canary lost, falls with what it gained', () => {
    assert(
      property(cells, value, value, centre, constantFrom(0.1, 0.5), (all, one, other, off, share) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const design = { ...limits, centre: off };
        const [low, high] = [less, more].map((of) => [...stepped(all), valuedKeys(share, 'canary', [of])]);
        const [loss, kept] = [valueLossEvidence, valueKeptEvidence].map((evidence) =>
          [low, high].map((keys) => evidence(keys ?? [], design, 0.02)),
        );
        expect(loss?.[0]).toBeGreaterThanOrEqual((loss?.[1] ?? NaN) * (1 - 1e-9));
        expect(kept?.[0]).toBeLessThanOrEqual((kept?.[1] ?? NaN) * (1 + 1e-9));
      }),
    );
  });
  test('is never more with a value that did not come at its worst than with the value itself', () => {
    assert(
      property(cells, value, (all, came) => {
        const complete = all.map((cell) => ({
          ...cell,
          values: [...cell.values, ...Array.from({ length: cell.missing }, () => came)],
          missing: 0,
        }));
        const [worst, known] = [all, complete].map((of) => valueKeptEvidence(stepped(of), limits, 0.05, 'worst'));
        expect(worst).toBeLessThanOrEqual((known ?? NaN) * (1 + 1e-9));
      }),
    );
  });
  test('is 1 without values, and expects at most 1 of the next key at the very limit, for either question', () => {
    expect(valueLossEvidence([valuedKeys(0.5, 'canary', [], range, 90)], limits, 0)).toBe(1);
    expect(valueKeptEvidence([], limits, 0.02)).toBe(1);
    assert(
      property(cells, constantFrom(0.1, 0.25, 0.5), centre, (all, share, off) => {
        const keys = stepped(all);
        const design = { ...limits, centre: off };
        // The champion earns 0.1 on average, the canary 0.05.
        const next = [
          { chance: share * 0.9, key: valuedKeys(share, 'canary', [0]) },
          { chance: share * 0.1, key: valuedKeys(share, 'canary', [0.5]) },
          { chance: (1 - share) * 0.9, key: valuedKeys(share, 'champion', [0]) },
          { chance: (1 - share) * 0.1, key: valuedKeys(share, 'champion', [1]) },
        ];
        for (const evidence of [valueLossEvidence, valueKeptEvidence]) {
          const now = evidence(keys, design, 0.05);
          const mean = next.reduce(
            (total, { chance, key }) => total + chance * evidence([...keys, key], design, 0.05),
            0,
          );
          if (now < 1e280) expect(mean / now).toBeCloseTo(1, 8);
        }
      }),
    );
  });
});

/**
 * Values in [0, 100]: nine in ten are nothing, the others anything up to 100 and mostly small (a quarter of it on average). Both versions
 * earn less as the shares grow. Returns the number of keys at which the evidence suffices.
 */
const play =
  (loss: number, most: number, evidence: (keys: readonly ValuedKeys[]) => number, every: number) =>
  (random: Random): number | null => {
    const shares = [0.1, 0.25, 0.5];
    const all = shares.flatMap((share) => (['champion', 'canary'] as const).map((arm) => valuedKeys(share, arm, [])));
    for (let key = 0; key < most; key++) {
      const share = shares[Math.floor((3 * key) / most)] ?? 0.5;
      const arm = random.next() < share ? 'canary' : 'champion';
      const chance = 0.13 - (0.05 * key) / most - (arm === 'canary' ? 4 * loss : 0);
      const earned = random.next() < chance ? 100 * random.next() ** 3 : 0;
      const cell = all.find((one) => one.share === share && one.arm === arm);
      if (cell !== undefined) addValue(cell, earned, { from: 0, to: 100 });
      if (key % every === 0 && evidence(all) >= 1 / alpha) return key;
    }
    return null;
  };

describe('skewed values of live requests, looked at over a ramp on which both versions earn less', () => {
  const repeats = 120;
  const guard = (keys: readonly ValuedKeys[]) => valueLossEvidence(keys, limits, 0.005);
  const promotion = (keys: readonly ValuedKeys[]) => valueKeptEvidence(keys, limits, 0.015);
  test('roll back a candidate that earns less by just what is tolerated at most so often as alpha says', () => {
    expect(watch(repeats, play(0.005, 3000, guard, 100)).share).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('promote one that earns less by just the margin at most so often as alpha says', () => {
    expect(watch(repeats, play(0.015, 3000, promotion, 100)).share).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('find a fall by four fifths, and prove a candidate that earns as much', () => {
    expect(
      watch(
        20,
        play(0.02, 9000, (keys) => valueLossEvidence(keys, limits, 0), 300),
      ).share,
    ).toBeGreaterThan(0.9);
    expect(watch(20, play(0, 12_000, promotion, 400)).share).toBeGreaterThan(0.9);
  });
  test('need far fewer keys where what most values are is taken off each', () => {
    const mostlyFull = (off: number) => {
      const keys = (['champion', 'canary'] as const).map((arm) => ({
        ...valuedKeys(0.1, arm, []),
        values: [[900, arm === 'canary' ? 500 : 4500, 0, 0]] satisfies ValuedKeys['values'],
      }));
      return valueKeptEvidence(keys, { ...limits, centre: off }, 0.02);
    };
    expect(mostlyFull(0)).toBeLessThan(20);
    expect(mostlyFull(0.9)).toBeGreaterThan(1e3);
  });
});
