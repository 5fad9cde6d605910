import { describe, expect, test } from 'vitest';
import { groupContrasts, groupHarms, pairedDifference } from '../../../ml/sequential/group-contrast.ts';
import { inversePropensityCounts } from '../../../ml/sequential/inverse-propensity.ts';
import { bettingInterval } from '../../../ml/sequential/bounded-mean.ts';
import { createRandom, type Random } from '../../../ml/random.ts';
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;
const group = (name: string, labels: number, worse: number, better: number) => ({
  group: name,
  ...pairedDifference({ labels, worse, better }),
});

describe('contrasts of groups', () => {
  const groups = [group('a', 4000, 40, 40), group('b', 4000, 400, 40), group('c', 20, 0, 1)];
  const contrasts = groupContrasts(groups, alpha, 100);
  test('are one per pair, each at alpha over the pairs', () => {
    expect(contrasts.map(({ group: one, against }) => `${one}-${against}`)).toEqual(['a-b', 'a-c', 'b-c']);
    for (const contrast of contrasts) expect(contrast.alpha).toBeCloseTo(alpha / 3, 12);
    const [ab] = contrasts;
    const [a, b] = groups.map(({ counts, range }) => bettingInterval(counts, range, alpha / 6));
    expect(ab?.lower).toBe((a?.lower ?? 0) - (b?.upper ?? 0));
    expect(ab?.upper).toBe((a?.upper ?? 0) - (b?.lower ?? 0));
  });
  test('find the group that the canary treats worse, and say which are too small to tell', () => {
    expect(contrasts[0]?.estimate).toBeCloseTo(0.09, 12);
    expect(contrasts[0]?.lower).toBeGreaterThan(0);
    expect(contrasts.map(({ certainty }) => certainty)).toEqual(['conclusive', 'inconclusive', 'inconclusive']);
  });
  test('are of pairs whose groups have at least the minimum', () => {
    const standings = (minimum: number) =>
      groupContrasts([group('a', 20, 1, 1), group('b', 30, 1, 1)], alpha, minimum).map(({ certainty }) => certainty);
    expect([standings(20), standings(21)]).toEqual([['conclusive'], ['inconclusive']]);
    expect(pairedDifference({ labels: 10, worse: 2, better: 3 })).toEqual({
      counts: [
        { value: 1, count: 3 },
        { value: -1, count: 2 },
        { value: 0, count: 5 },
      ],
      range: { low: -1, high: 1 },
    });
  });
  test('change their sign with the order of the groups', () => {
    const [ab] = groupContrasts(groups.slice(0, 2), alpha, 1);
    const [ba] = groupContrasts(groups.slice(0, 2).toReversed(), alpha, 1);
    expect(ba?.lower).toBe(-(ab?.upper ?? 0));
    expect(ba?.upper).toBe(-(ab?.lower ?? 0));
  });
  test('need two groups', () => {
    expect(groupContrasts(groups.slice(0, 1), alpha, 1)).toEqual([]);
  });
});

describe('no group worse', () => {
  test('is doubted for the group that lost, proved for the one that did not', () => {
    const [same, worse, small] = groupHarms(
      [group('a', 4000, 40, 40), group('b', 4000, 400, 40), group('c', 20, 0, 1)],
      0.02,
      'high',
      100,
    );
    expect(same?.noHarm).toBeGreaterThan(1 / alpha);
    expect(same?.harm).toBeLessThan(1);
    expect(worse?.harm).toBeGreaterThan(1 / alpha);
    expect(worse?.noHarm).toBeLessThan(1);
    expect(small).toMatchObject({ size: 20, certainty: 'inconclusive' });
  });
  test('reads a rate that should be low the other way round', () => {
    const mirrored = groupHarms([group('a', 500, 10, 60)], 0.02, 'low', 1);
    const plain = groupHarms([group('a', 500, 60, 10)], 0.02, 'high', 1);
    expect(mirrored[0]?.harm).toBeCloseTo(plain[0]?.harm ?? 0, 6);
    expect(mirrored[0]?.noHarm).toBeCloseTo(plain[0]?.noHarm ?? 0, 12);
  });
  test('takes arms that were drawn, too', () => {
    const outcomes = (good: number) =>
      inversePropensityCounts(
        [
          { share: 0.5, arm: 'canary', value: 1, count: good },
          { share: 0.5, arm: 'canary', value: 0, count: 1000 - good },
          { share: 0.5, arm: 'champion', value: 1, count: 900 },
          { share: 0.5, arm: 'champion', value: 0, count: 100 },
        ],
        { least: 0.1, greatest: 0.5 },
      );
    const [fine, harmed] = groupHarms(
      [
        { group: 'a', ...outcomes(900) },
        { group: 'b', ...outcomes(600) },
      ],
      0.05,
      'high',
      100,
    );
    expect(harmed?.harm).toBeGreaterThan(2 / alpha);
    expect(fine?.harm).toBeLessThan(1);
  });
});

describe('differences of losses that were counted in steps', () => {
  const steps = 400;
  const drawn = (seed: number, more: number): number[] => {
    const random = createRandom(seed);
    return Array.from({ length: 600 }, () => Math.max(-1, Math.min(1, more + 0.1 * random.normal())));
  };
  const exact = (name: string, values: readonly number[]) => ({
    group: name,
    counts: values.map((value) => ({ value, count: 1 })),
    range: { low: -1, high: 1 },
  });
  const stepped = (name: string, values: readonly number[]) => ({
    group: name,
    ...pairedDifference({
      labels: values.length,
      worse: 0,
      better: 0,
      differences: values.map((value) => [Math.floor(value * steps), 1] as const),
      steps,
    }),
  });
  test('say hardly less than the differences themselves, and never more', () => {
    const values = drawn(1, 0.05);
    for (const [margin, name] of [
      [0.02, 'harm'],
      [0.09, 'noHarm'],
    ] as const)
      for (const good of ['low', 'high'] as const) {
        const signed = good === 'low' ? values : values.map((value) => -value);
        const [all] = groupHarms([exact('a', signed)], margin, good, 1);
        const [some] = groupHarms([stepped('a', signed)], margin, good, 1);
        expect(all?.[name]).toBeGreaterThan(1 / alpha);
        expect(some?.[name]).toBeLessThan(all?.[name] ?? 0);
        expect(Math.log(some?.[name] ?? 1)).toBeGreaterThan(0.85 * Math.log(all?.[name] ?? 0));
      }
  });
  test('have contrasts that hold those of the differences themselves', () => {
    const [one, other] = [drawn(2, 0.1), drawn(3, 0)];
    const [narrow] = groupContrasts([exact('a', one), exact('b', other)], alpha, 1);
    const [wide] = groupContrasts([stepped('a', one), stepped('b', other)], alpha, 1);
    expect(wide?.estimate).toBeCloseTo(narrow?.estimate ?? NaN, 3);
    expect(wide?.lower).toBeLessThan(narrow?.lower ?? NaN);
    expect(wide?.upper).toBeGreaterThan(narrow?.upper ?? NaN);
    expect(wide?.lower).toBeGreaterThan((narrow?.lower ?? NaN) - 2 / steps);
    expect(wide?.upper).toBeLessThan((narrow?.upper ?? NaN) + 2 / steps);
  });
  test('lie in their range, also where all are as great as may be', () => {
    const [same] = groupHarms([stepped('a', [1, 1, 1, -1])], 0, 'low', 1);
    const [whole] = groupHarms([group('a', 4, 1, 3)], 0, 'low', 1);
    expect(same?.harm).toBeCloseTo(whole?.harm ?? NaN, 12);
  });
});

test('the contrasts of three groups that lose alike all hold 0 at all looks but for a chance of alpha', () => {
  const repeats = 60;
  const missed = (random: Random): number | null => {
    const seen = ['a', 'b', 'c'].map((name) => ({ name, labels: 0, worse: 0, better: 0 }));
    for (let label = 1; label <= 900; label++) {
      const one = seen[random.integer(3)];
      if (one === undefined) continue;
      one.labels += 1;
      const u = random.next();
      if (u < 0.1) one.worse += 1;
      else if (u < 0.15) one.better += 1;
      if (label % 15 !== 0) continue;
      const groups = seen.map(({ name, labels, worse, better }) => group(name, labels, worse, better));
      if (groupContrasts(groups, alpha, 1).some(({ lower, upper }) => lower > 0 || upper < 0)) return label;
    }
    return null;
  };
  expect(watch(repeats, missed).share).toBeLessThanOrEqual(atMost(alpha, repeats));
});
