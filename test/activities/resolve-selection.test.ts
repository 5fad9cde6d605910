import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveSelection } from '../../activities/run/resolve-selection.ts';
import { dataSelectionSchema } from '../../contracts/data/dataset.ts';
import { checkSelection } from '../../contracts/data/selection.ts';
import { persons } from '../data/table-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-partitions-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const due = Date.parse('2026-04-01T03:00:00.000Z');
const resolved = (source: string, selection: object = {}) =>
  resolveSelection(dataSelectionSchema.parse(selection), { source: join(folder, source) }, due);

async function files(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), 'id\n1\n');
  }
}

test('a window becomes the bounds that end when the run was due', async () => {
  expect(await resolved('rows.csv', { last: '90d', limit: 5 })).toEqual({
    from: '2026-01-01T03:00:00.000Z',
    to: '2026-04-01T03:00:00.000Z',
    limit: 5,
  });
});

test('a window needs moments, and no other bounds', () => {
  const last = dataSelectionSchema.parse({ last: '90d' });
  expect(() => checkSelection(last, persons())).not.toThrow();
  expect(() => checkSelection({ ...last, to: 2024 }, persons())).toThrow(/"last": .*"from" or "to" is given too/);
  expect(() => checkSelection(last, { ...persons(), time: undefined })).toThrow(/names no time column/);
  expect(() => checkSelection(last, { ...persons(), time: 'id' })).toThrow(/a window needs moments/);
  expect(dataSelectionSchema.safeParse({ last: '0d' }).success).toBe(false);
});

test.each<[string, string[], string, string]>([
  [
    'files by name',
    ['a/rows-2026-01-31.csv', 'a/rows-2026-02-01.csv', 'a/other.csv'],
    'a/rows-*.csv',
    'a/rows-2026-02-01.csv',
  ],
  ['numbers by value', ['b/month=9/x.csv', 'b/month=10/x.csv'], 'b/month=*/x.csv', 'b/month=10/x.csv'],
  ['folders within folders', ['c/2024/12/x.csv', 'c/2025/01/x.csv'], 'c/*/*/x.csv', 'c/2025/01/x.csv'],
  [
    'a file of any name within a folder',
    ['d/day=1/part-7.csv', 'd/day=2/part-3.csv', 'd/day=2/_SUCCESS'],
    'd/day=*/*',
    'd/day=2/part-3.csv',
  ],
  [
    'what is not finished is left out',
    ['e/1/x.csv', 'e/2/_x.csv', 'e/_3/x.csv', 'e/.4/x.csv'],
    'e/*/x.csv',
    'e/1/x.csv',
  ],
])('the newest partition is taken: %s', async (_, names, source, expected) => {
  await files(...names);
  expect((await resolved(source)).source).toBe(join(folder, expected));
  expect((await resolved('rows.csv', { source: join(folder, source) })).source).toBe(join(folder, expected));
});

test('a partition of several files is refused with their names, and so is a pattern that matches nothing', async () => {
  await files('f/day=1/part-0.csv', 'f/day=1/part-1.csv');
  await expect(resolved('f/day=*/*.csv')).rejects.toThrow(/holds 2 files \(part-1.csv, part-0.csv\): write one file/);
  await expect(resolved('f/hour=*/*.csv')).rejects.toThrow(/nothing matches it: write the first partition/);
  await expect(resolved('nowhere/*.csv')).rejects.toThrow(/cannot be read .*name a file that every pipeline worker/);
});
