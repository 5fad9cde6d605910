import { describe, expect, test } from 'vitest';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import {
  areMissingAtRandom,
  evidenceAgainst,
  maturityOf,
  missingForProof,
  undeclaredMaturity,
} from '../../policy/release/label-cohorts.ts';

const policy = (maturity: number | null, missing: ReleasePolicy['labels']['missing']) =>
  ({ labels: { maturity, missing } }) as Pick<ReleasePolicy, 'labels'>;

test.each([
  [null, 'random', 0, false],
  [null, 'worst', 0, false],
  [0, 'random', 0, true],
  [9, 'random', 9, true],
  [9, 'worst', 9, false],
] as const)('with a maturity of %s and missing labels at %s', (maturity, missing, age, atRandom) => {
  const given = policy(maturity, missing);
  expect(maturityOf(given)).toBe(age);
  expect(areMissingAtRandom(given)).toBe(atRandom);
  expect(missingForProof(given)).toBe(atRandom ? 'out' : 'worst');
});

test('evidence asks mature keys alone where labels are missing at random, else both with missing ones for the candidate', () => {
  const keys = { all: 'all', mature: 'mature' };
  const asked = (given: Pick<ReleasePolicy, 'labels'>, values: Record<string, number>) => {
    const calls: string[] = [];
    const evidence = evidenceAgainst(given, keys, (of, missing) => {
      calls.push(`${of} ${missing}`);
      return values[of] ?? 0;
    });
    return [evidence, ...calls.toSorted()];
  };
  expect(asked(policy(5, 'random'), { all: 9, mature: 2 })).toEqual([2, 'mature out']);
  expect(asked(policy(5, 'worst'), { all: 9, mature: 2 })).toEqual([9, 'all best', 'mature best']);
  expect(asked(policy(null, 'random'), { all: 1, mature: 2 })).toEqual([2, 'all best', 'mature best']);
});

describe('a maturity that is not declared', () => {
  const said = (...delays: [label: string, labels: number, medianMs: number, p95Ms: number][]) =>
    undeclaredMaturity(
      policy(null, 'worst'),
      delays.map(([label, labels, medianMs, p95Ms]) => ({ label, labels, medianMs, p95Ms })) as never,
    );
  const asked =
    'declare in release.labels.maturity after which age a label has come if it ever does, for every label: ';
  test('is asked for with the delays by outcome that were seen', () => {
    expect(said()).toBe(`${asked}no label has come yet`);
    expect(undeclaredMaturity(policy(null, 'worst'))).toBe(said());
    expect(said(['1', 3, 1_400, 59_999])).toBe(`${asked}so far 3 labels "1" after 1 s (95 % within 60 s) have come`);
    expect(said(['0', 7, 60_000, 3_599_999], ['1', 3, 3_600_000, 9_300_000])).toBe(
      `${asked}so far 7 labels "0" after 1 min (95 % within 60 min), 3 labels "1" after 1.0 h (95 % within 2.6 h) have come`,
    );
  });
  test('is none where it is declared, as 0 too', () => {
    expect(undeclaredMaturity(policy(0, 'worst'))).toBeNull();
  });
});
