import { describe, expect, test } from 'vitest';
import type { LabelledKeys } from '../../contracts/evidence/release.ts';
import { asymptoticMeanInterval } from '../../ml/sequential/asymptotic-mean.ts';
import { liveLosses } from '../../ml/sequential/live-loss.ts';
import { short } from '../../policy/check.ts';
import { liveDifference } from '../../policy/release/guards/live-accuracy.ts';
import { valueProof } from '../../policy/release/guards/value.ts';
import { shareOfRange, valueDifference } from '../../policy/release/guards/valued-keys.ts';
import { valuedKeys } from '../support/valued-keys.ts';
import { policyOf, quiet } from './groups.ts';

describe('what labels of live requests say', () => {
  const keys: LabelledKeys[] = [
    { share: 0.5, arm: 'champion', right: 900, wrong: 100, missing: 0 },
    { share: 0.5, arm: 'canary', right: 800, wrong: 200, missing: 0 },
  ];
  test('is how often each was right, and about how many points are lost', () => {
    const { counts } = liveLosses(keys, { least: 0.05, greatest: 0.95 });
    const { lower, upper } = asymptoticMeanInterval(counts, 0.05, 2_000);
    expect(liveDifference(keys, policyOf({}))).toBe(
      `canary right on 80 % of 1000, champion right on 90 % of 1000, a loss of approximately ${short(100 * lower)} to ${short(100 * upper)} points, by share`,
    );
  });
  test('is little of one label, and nothing about the loss where no step lets both answer', () => {
    const one = [{ share: 0.5, arm: 'canary' as const, right: 1, wrong: 0, missing: 3 }];
    expect(liveDifference(one, policyOf({}))).toBe('canary right on 100 % of 1, no labels of the champion');
    expect(liveDifference(keys, policyOf({}, { mode: 'blueGreen', holdback: 0 }))).toBe(
      'canary right on 80 % of 1000, champion right on 90 % of 1000',
    );
  });
});

describe('what values of live requests say', () => {
  const range = { from: 10, to: 30 };
  const value = { ...range, maxLoss: 1 };
  const policy = (more: object = {}) => policyOf({ value }, more);
  const guard = policy().guards.value!;
  test('is the mean of each arm, to a part of a step', () => {
    const keys = [
      valuedKeys(0.5, 'canary', [12.005, 15, 10], range),
      valuedKeys(0.1, 'canary', [30], range),
      { ...valuedKeys(0.5, 'champion', [], range), outside: 0 },
    ];
    expect(valueDifference(keys, policy({ mode: 'blueGreen', holdback: 0 }), guard)).toBe(
      'canary 16.75 on average of 4, no values of the champion',
    );
    const cut = [{ ...valuedKeys(0.5, 'canary', [20], range), outside: 1 }];
    expect(valueDifference(cut, policy({ mode: 'blueGreen', holdback: 0 }), guard)).toBe(
      'canary 20 on average of 1, no values of the champion, 1 outside 10 to 30 counted as the nearer end',
    );
  });
  test('is a fall in the unit of the value', () => {
    const many = (mean: number) => Array.from({ length: 2_000 }, (_, i) => mean + (i % 2 === 0 ? 1 : -1));
    const keys = [valuedKeys(0.5, 'canary', many(14), range), valuedKeys(0.5, 'champion', many(20), range)];
    const found = / a fall of approximately ([\d.]+) to ([\d.]+), by share$/.exec(
      valueDifference(keys, policy(), guard),
    );
    expect(Number(found?.[1])).toBeGreaterThan(4);
    expect(Number(found?.[2])).toBeLessThan(8);
    expect((Number(found?.[1]) + Number(found?.[2])) / 2).toBeCloseTo(6, 0);
  });
  test('is a share of the range, at most all of it', () => {
    expect([shareOfRange(range, 5), shareOfRange(range, 20), shareOfRange(range, 25)]).toEqual([0.25, 1, 1]);
  });
  test('proves nothing where no step lets both answer', () => {
    const proof = (more: object) => valueProof(quiet, policy(more), 2);
    expect(proof({ mode: 'blueGreen', holdback: 0 })).toMatchObject({
      evidence: 1,
      harm: 'a fall of the mean value by 3 on live requests',
      counted: '0 values of live requests',
    });
  });
});
