import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clustersOf, effectiveKeys, effectiveRows, oncePerKey } from '../../ml/drift/clusters.ts';
import { createRandom } from '../../ml/random.ts';

it('rows are grouped by key, in their order, and a value of a key is taken once', () => {
  const clusters = clustersOf(Int32Array.of(1, 0, 1, 1));
  expect(clusters).toEqual({ order: Int32Array.of(1, 0, 2, 3), starts: Int32Array.of(0, 1, 4) });
  expect(oncePerKey(['b', 'a', 'c', 'b'], clusters)).toEqual(['a', 'b', 'c']);
  expect(clustersOf(new Int32Array())).toEqual({ order: new Int32Array(), starts: Int32Array.of(0) });
});

describe('what rows of keys are worth', () => {
  it('is their number where each has a key of its own, and the number of keys where a key always has one value', () => {
    const places = Uint16Array.of(0, 1, 0, 1, 2, 2);
    expect(effectiveRows(places, 3, clustersOf(Int32Array.of(0, 1, 2, 3, 4, 5)))).toBe(6);
    const pairs = clustersOf(Int32Array.of(0, 1, 0, 1, 2, 2));
    expect(effectiveKeys(pairs)).toBe(3);
    expect(effectiveRows(places, 3, pairs)).toBeCloseTo(3, 12);
  });

  it('is the number of keys where every row is in one bin: nothing says that they are independent', () => {
    expect(effectiveRows(new Uint16Array(6), 2, clustersOf(Int32Array.of(0, 0, 0, 1, 1, 1)))).toBe(2);
  });

  it('weighs a key by its rows: (3 + 1)^2 / (9 + 1)', () => {
    expect(effectiveKeys(clustersOf(Int32Array.of(5, 5, 5, 2)))).toBe(1.6);
    expect(effectiveKeys(clustersOf(new Int32Array()))).toBe(0);
  });

  it('is between them where keys stick to their bins in part, by the larger of two estimates', () => {
    // Keys of 4, 2, 1 and 1 rows: 14 pairs of rows of one key, 6 of them together in bin 0 and 2 in bin 1; 42 pairs of two keys,
    // 16 - 4 - 6 of them together in bin 0 and 16 - 4 - 2 in bin 1. Of the 6 rows of keys that come again, 3 are in bin 0 with 2 of 3 others, 2 in bin 1 with their only other.
    const clusters = clustersOf(Int32Array.of(0, 0, 1, 0, 2, 1, 0, 3));
    const places = Uint16Array.of(0, 0, 1, 0, 0, 1, 1, 1);
    const byBin = 0.5 * ((2 / 6 - 6 / 42) / (3 / 6 - 6 / 42)) + 0.5 * ((2 / 6 - 10 / 42) / (3 / 6 - 10 / 42));
    const overPairs = (8 / 14 - 16 / 42) / (1 - 16 / 42);
    expect(byBin).toBeGreaterThan(overPairs);
    expect(effectiveRows(places, 2, clusters)).toBeCloseTo(8 / (1 + (byBin * 14) / 8), 12);
    expect(effectiveRows(places, 3, clusters)).toBe(effectiveRows(places, 2, clusters));
    // One key with nearly all rows decides by its pairs.
    const big = clustersOf(Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1));
    const bins = Uint16Array.of(0, 0, 0, 0, 0, 0, 0, 1);
    const pairs = (30 / 32 - 12 / 24) / (1 - 12 / 24);
    expect(effectiveRows(bins, 2, big)).toBeLessThanOrEqual(8 / (1 + (pairs * 32) / 8) + 1e-12);
  });

  it('lies between the keys and the rows', () => {
    const row = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 3 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        const clusters = clustersOf(Int32Array.from(rows, ([key]) => key));
        const worth = effectiveRows(
          Uint16Array.from(rows, ([, bin]) => bin),
          4,
          clusters,
        );
        expect(worth).toBeGreaterThanOrEqual(effectiveKeys(clusters) - 1e-9);
        expect(worth).toBeLessThanOrEqual(rows.length);
      }),
    );
  });

  it('agrees with the variance of shares over many draws: 40 keys, half of whose rows stick', () => {
    const random = createRandom(9);
    const shares: number[] = [];
    let worth = 0;
    for (let draw = 0; draw < 800; draw++) {
      const own = Array.from({ length: 40 }, () => random.integer(2));
      const places = Uint16Array.from({ length: 800 }, (_, i) =>
        random.next() < 0.5 ? (own[i % 40] ?? 0) : random.integer(2),
      );
      shares.push(places.reduce((sum, bin) => sum + bin, 0) / 800);
      worth += effectiveRows(places, 2, clustersOf(Int32Array.from({ length: 800 }, (_, i) => i % 40))) / 800;
    }
    const variance = shares.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / shares.length;
    expect(0.25 / variance / worth).toBeGreaterThan(0.85);
    expect(0.25 / variance / worth).toBeLessThan(1.18);
  });
});
