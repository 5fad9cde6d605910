import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SplitPart } from '../../ports/table-engine/port.ts';
import { persons, type TableFiles } from '../data/table-files.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** How every table engine splits rows. */
export function splitTests(files: () => TableFiles): void {
  const idsOf = async (path: string, split: SplitPart): Promise<number[]> =>
    [
      ...((await files().tables.readFrame({ path, dataset: persons(), columns: ['id'], split })).columns.id?.values ??
        []),
    ].map(Number);

  test('splits by the hash of the key: by the documented formula, disjoint, complete, and stable when rows are added', async () => {
    const rule = { by: 'hash', test: 0.2, validation: 0.1 } as const;
    const small = await files().parquet('split.parquet', `select range as id from range(2000)`);
    const large = await files().parquet(
      'split-more.parquet',
      `select (range - 500)::varchar as id from range(4000) order by hash(range)`,
    );
    const side = async (path: string, name: 'train' | 'validation' | 'test') => [
      ...((await files().tables.readFrame({ path, dataset: persons(), columns: ['id'], split: { rule, side: name } }))
        .columns.id?.values ?? []),
    ];
    const u = (id: number): number => parseInt(md5(`pawl-split/${id}`).slice(0, 8), 16) / 2 ** 32;
    const all = Array.from({ length: 2000 }, (_, i) => i);
    const test = await side(small, 'test');
    expect(test).toEqual(all.filter((id) => u(id) < 0.2));
    expect(await side(small, 'validation')).toEqual(all.filter((id) => u(id) >= 0.2 && u(id) < 0.3));
    expect(await side(small, 'train')).toEqual(all.filter((id) => u(id) >= 0.3));
    expect((await side(large, 'test')).filter((id) => Number(id) >= 0 && Number(id) < 2000)).toEqual(test);
  });

  test('splits by time: the newest rows test, the next newest validate', async () => {
    const path = await files().parquet(
      'by-time.parquet',
      `select range as id, timestamp '2024-01-01' + to_days(((range * 37) % 100)::integer) as day from range(100)`,
    );
    const rule = { by: 'time', test: 0.2, validation: 0.1 } as const;
    const day = (id: number | string): number => (Number(id) * 37) % 100;
    const side = async (name: 'train' | 'validation' | 'test') =>
      [
        ...((await files().tables.readFrame({ path, dataset: persons(), columns: ['id'], split: { rule, side: name } }))
          .columns.id?.values ?? []),
      ].map(day);
    const [train, validation, testing] = [await side('train'), await side('validation'), await side('test')];
    expect([train.length, validation.length, testing.length]).toEqual([70, 10, 20]);
    expect(Math.max(...train)).toBeLessThan(Math.min(...validation));
    expect(Math.max(...validation)).toBeLessThan(Math.min(...testing));
    const timeless = {
      path,
      dataset: persons({ time: undefined }),
      columns: ['id'],
      split: { rule, side: 'test' },
    } as const;
    await expect(files().tables.readFrame(timeless)).rejects.toMatchObject({ type: 'InvalidConfigError' });
  });

  test('splits by group: all rows of a group are on one side, in about the shares, and a row without one is by itself', async () => {
    const rule = { by: 'group', group: 'plan', test: 0.2, validation: 0.1 } as const;
    const path = await files().parquet(
      'by-group.parquet',
      `select range as id, case when range < 4000 then 'group' || (range % 1000) end as plan from range(4400)`,
    );
    const side = async (name: 'train' | 'validation' | 'test') =>
      [
        ...((
          await files().tables.readFrame({
            path,
            dataset: persons(),
            columns: ['id'],
            split: { rule, side: name },
          })
        ).columns.id?.values ?? []),
      ].map(Number);
    const sides = [await side('train'), await side('validation'), await side('test')] as const;
    expect(sides.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 4400 }, (_, id) => id));
    const groups = sides.map((ids) => new Set(ids.filter((id) => id < 4000).map((id) => id % 1000)));
    expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(1000);
    expect(groups.map(({ size }) => size / 1000)).toEqual([
      expect.closeTo(0.7, 1),
      expect.closeTo(0.1, 1),
      expect.closeTo(0.2, 1),
    ]);
    expect(sides.every((ids) => ids.some((id) => id >= 4000))).toBe(true);
  });

  test.each([
    ['hash', {}],
    ['group', { group: 'plan' }],
    ['stratified', {}],
  ] as const)('folds by %s: every row is tested on once, and never trained on by its fold', async (by, more) => {
    const rule = { by, ...more, test: 0.2, validation: 0.1 } as const;
    const path = await files().parquet(
      `folds-${by}.parquet`,
      `select range as id, 'group' || (range % 200) as plan, (range % 10 = 0)::integer as stays from range(1000)`,
    );
    const of = 4;
    const sides = await Promise.all(
      Array.from({ length: of }, async (_, index) => {
        const [train, validation, testing] = await Promise.all(
          (['train', 'validation', 'test'] as const).map((name) =>
            idsOf(path, { rule, side: name, fold: { index, of } }),
          ),
        );
        return { train: train!, validation: validation!, test: testing! };
      }),
    );
    const all = Array.from({ length: 1000 }, (_, id) => id);
    const ascending = (ids: number[]): number[] => ids.toSorted((a, b) => a - b);
    expect(ascending(sides.flatMap((fold) => fold.test))).toEqual(all);
    for (const fold of sides) {
      expect(ascending([...fold.train, ...fold.validation, ...fold.test])).toEqual(all);
      expect(fold.test.length).toBeGreaterThan(180);
      // A tenth of the whole is an eighth of what is not tested on.
      expect(fold.validation.length / (1000 - fold.test.length)).toBeCloseTo(0.125, 1);
      if (by === 'stratified') expect(fold.test.filter((id) => id % 10 === 0)).toHaveLength(25);
      if (by !== 'group') continue;
      const [trained, tested] = [[...fold.train, ...fold.validation], fold.test].map(
        (ids) => new Set(ids.map((id) => id % 200)),
      );
      expect([...tested!].filter((group) => trained!.has(group))).toEqual([]);
    }
  });

  test('folds by time: each tests on the rows after those that it knows, and the newest known ones validate', async () => {
    const path = await files().parquet(
      'folds-time.parquet',
      `select range as id, timestamp '2024-01-01' + to_days(((range * 37) % 100)::integer) as day from range(100)`,
    );
    const rule = { by: 'time', test: 0.2, validation: 0.2 } as const;
    const days = async (index: number, name: 'train' | 'validation' | 'test') =>
      (await idsOf(path, { rule, side: name, fold: { index, of: 4 } }))
        .map((id) => (id * 37) % 100)
        .toSorted((a, b) => a - b);
    const between = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, day) => from + day);
    for (const index of [0, 1, 2, 3]) {
      const known = 20 * (index + 1);
      expect(await days(index, 'train')).toEqual(between(0, 0.75 * known));
      expect(await days(index, 'validation')).toEqual(between(0.75 * known, known));
      expect(await days(index, 'test')).toEqual(between(known, known + 20));
    }
  });

  test('splits stratified: each label has its share on each side, to the row', async () => {
    const rule = { by: 'stratified', test: 0.2, validation: 0.1 } as const;
    const path = await files().parquet(
      'stratified.parquet',
      `select range as id, (range % 10 = 0)::integer as stays from range(2000)`,
    );
    const dataset = persons();
    const column = dataset.target;
    const count = async (name: 'train' | 'validation' | 'test') => {
      const { columns } = await files().tables.readFrame({
        path,
        dataset,
        columns: [column],
        split: { rule, side: name },
        labelled: true,
      });
      const values = [...(columns[column]?.values ?? [])].map(Number);
      return [values.filter((value) => value === 1).length, values.filter((value) => value === 0).length];
    };
    expect([await count('train'), await count('validation'), await count('test')]).toEqual([
      [140, 1260],
      [20, 180],
      [40, 360],
    ]);
  });
}
