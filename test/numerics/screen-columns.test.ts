import { assert, asyncProperty, integer } from 'fast-check';
import { expect, test } from 'vitest';
import { screenColumns, screeningPasses } from '../../ml/explanation/screen-columns.ts';
import { createRandom } from '../../ml/random.ts';

test('columns that matter are kept among at most as many as are asked for, in their order, in as many passes as were said', async () => {
  await assert(
    asyncProperty(
      integer({ min: 1, max: 2_500 }),
      integer({ min: 3, max: 40 }),
      integer({ min: 1, max: 1e6 }),
      async (count, most, seed) => {
        const columns = Array.from({ length: count }, (_, i) => `c${i}`);
        const random = createRandom(seed);
        const weight = new Map(Array.from({ length: 3 }, () => [`c${random.integer(count)}`, 1 + random.next()]));
        let passes = 0;
        const kept = await screenColumns(columns, most, async (group) => {
          passes += 1;
          return group.reduce((sum, column) => sum + (weight.get(column) ?? 0), 0);
        });
        expect(kept.length).toBeLessThanOrEqual(Math.max(most, 1));
        expect(columns.filter((column) => kept.includes(column))).toEqual(kept);
        expect([...weight.keys()].filter((column) => !kept.includes(column))).toEqual([]);
        expect(passes).toBeLessThanOrEqual(screeningPasses(count, most));
      },
    ),
    { numRuns: 60 },
  );
});

test('a third of the columns is kept in each round, until as many are left as are asked for', async () => {
  const columns = Array.from({ length: 100 }, (_, i) => `c${i}`);
  const groups: number[] = [];
  await screenColumns(columns, 3, async (group) => {
    groups.push(group.length);
    return 0;
  });
  const rounds = groups.reduce((all, size) => all + size, 0);
  expect(rounds).toBe(100 + 33 + 11);
});

test('few columns are kept without a pass', async () => {
  const columns = ['b', 'a', 'c'];
  const never = async (): Promise<number> => {
    throw new Error('no pass is needed');
  };
  expect(await screenColumns(columns, 3, never)).toEqual(columns);
  expect(screeningPasses(3, 3)).toBe(0);
  expect(screeningPasses(2_000, 20)).toBe(48 * 5);
});
