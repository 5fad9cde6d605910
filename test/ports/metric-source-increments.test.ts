import { array, assert, boolean, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { incrementsOf, longestGap, type LastSample } from '../../ports/metric-source/increments.ts';

const one = (samples: [number, number][]) => [{ key: 'a', samples }];
const window = { from: 0, to: 100 };

describe('increments of a counter', () => {
  test.each<[string, [number, number][], number | null, number]>([
    [
      'grows',
      [
        [10, 5],
        [20, 7],
        [30, 7],
        [40, 12],
      ],
      5,
      7,
    ],
    [
      'is new',
      [
        [10, 5],
        [20, 7],
      ],
      null,
      7,
    ],
    [
      'restarted',
      [
        [10, 5],
        [20, 9],
        [30, 2],
        [40, 3],
      ],
      5,
      7,
    ],
    [
      'restarted at the value it had',
      [
        [10, 5],
        [20, 5],
      ],
      5,
      0,
    ],
    [
      'grew before the first sample of the window',
      [
        [10, 9],
        [20, 10],
      ],
      5,
      1,
    ],
    ['was not sampled', [], 5, 0],
  ])('of one that %s are the sums of its steps', (_, samples, before, expected) => {
    const standing = new Map<string, LastSample>(before === null ? [] : [['a', { at: -1, value: before }]]);
    expect(incrementsOf(one(samples), [window], standing)).toEqual([expected]);
  });

  test('are the true ones for any growth, restarts, and cut into stretches', () => {
    const step = record({ grown: integer({ min: 0, max: 1_000 }), restarts: boolean(), cut: boolean() });
    assert(
      property(array(step, { maxLength: 60 }), integer({ min: 0, max: 70 }), (steps, boundary) => {
        const windows = [
          { from: 0, to: boundary * 10 + 5 },
          { from: boundary * 10 + 5, to: 10_000 },
        ];
        const truth = [0, 0];
        const stretches: [number, number][][] = [[]];
        let value = 0;
        for (const [index, { grown, restarts, cut }] of steps.entries()) {
          // A restart is seen only where the counter falls.
          value = restarts && grown < value ? grown : value + grown;
          const inSecond = index >= boundary;
          const reachesOver = index > 0 && index === boundary;
          if (!reachesOver) truth[inSecond ? 1 : 0] = (truth[inSecond ? 1 : 0] ?? 0) + grown;
          if (cut) stretches.push([]);
          stretches.at(-1)?.push([index * 10 + 10, value]);
        }
        const standing = new Map<string, LastSample>();
        const sums = [0, 0];
        for (const samples of stretches)
          for (const [index, grown] of incrementsOf(one(samples), windows, standing).entries())
            sums[index] = (sums[index] ?? 0) + grown;
        expect(sums).toEqual(truth);
      }),
    );
  });

  test('know their longest gap', () => {
    expect(longestGap([30, 0, 10, 100])).toBe(70);
    expect(longestGap([5])).toBe(0);
    expect(longestGap([])).toBe(0);
  });
});
