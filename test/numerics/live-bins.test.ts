import { expect, test } from 'vitest';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { binFrames } from '../../ml/drift/bins.ts';
import { clustersOf } from '../../ml/drift/clusters.ts';
import { binLive } from '../../ml/drift/live-bins.ts';

const numbers = (...values: number[]): ColumnData => ({ type: 'number', values: Float64Array.from(values) });
const texts = (...values: string[]): ColumnData => ({ type: 'string', values });
const frame = (columns: Record<string, ColumnData>): Frame => ({
  rowCount: Object.values(columns)[0]?.values.length ?? 0,
  columns,
});
const times = (count: number, value: string): string[] => Array.from({ length: count }, () => value);

const reference = frame({
  age: numbers(...Array.from({ length: 100 }, (_, i) => i)),
  city: texts(...times(60, 'a'), ...times(40, 'b')),
  plan: texts(...times(50, 'free'), ...times(50, 'paid')),
});
const inputs = frame({
  age: numbers(5, 15, 25, 35, Number.NaN, 55),
  city: texts('a', 'b', 'a', '', 'b', 'z'),
  plan: texts('free', 'paid', '', 'paid', '', 'free'),
});
const keys = Int32Array.of(0, 1, 1, 2, 3, 4);

test('a column that every version reads is counted over all requests, by their keys', () => {
  const found = binLive(reference, { inputs, keys, read: {} });
  expect(found.map(({ column }) => column)).toEqual(['age', 'city', 'plan']);
  expect(found).toEqual(binFrames(reference, inputs, clustersOf(keys)));
});

test('a column that some versions do not read is counted over the requests of the others, and no other column is', () => {
  const found = binLive(reference, {
    inputs,
    keys,
    read: { plan: Int32Array.of(0, 1, 3, 5), age: Int32Array.of(2, 4) },
  });
  const own = (column: string, data: ColumnData, of: number[]) =>
    binFrames(
      frame({ [column]: reference.columns[column]! }),
      frame({ [column]: data }),
      clustersOf(Int32Array.from(of)),
    );
  expect(found).toEqual([
    ...own('age', numbers(25, Number.NaN), [0, 1]),
    ...own('city', inputs.columns.city!, [0, 1, 1, 2, 3, 4]),
    ...own('plan', texts('free', 'paid', 'paid', 'free'), [0, 1, 2, 3]),
  ]);
  expect(found.at(-1)).toMatchObject({ bins: ['free', 'paid', 'other', 'new', 'missing'], current: [2, 2, 0, 0, 0] });
});

test('a column is left out while no request was answered by a version that reads it; one is enough', () => {
  const columns = (rows: number[]): string[] =>
    binLive(reference, { inputs, keys, read: { plan: Int32Array.from(rows) } }).map(({ column }) => column);
  expect(columns([])).toEqual(['age', 'city']);
  expect(columns([3])).toEqual(['age', 'city', 'plan']);
});

test('a column that only one side has is left out', () => {
  const { age, city, plan } = inputs.columns;
  const other = frame({ age: age!, other: city! });
  expect(binLive(reference, { inputs: other, keys, read: {} }).map(({ column }) => column)).toEqual(['age']);
  const read = { plan: Int32Array.of(0), gone: Int32Array.of(0) };
  expect(binLive(frame({ gone: plan! }), { inputs, keys, read })).toEqual([]);
});

test('keys that sent nothing to the versions that read a column do not count: a code of a few of the others is frequent', () => {
  const known = Array.from({ length: 2_000 }, (_, i) => `c${i % 50}`);
  const live = frame({ city: texts(...known.slice(12), ...times(12, 'y')) });
  const own = Int32Array.from(known, (_, i) => i);
  const binOf = (read: Record<string, Int32Array>): boolean | undefined =>
    binLive(frame({ city: texts(...known) }), { inputs: live, keys: own, read })[0]?.bins.includes('y');
  // 50 codes are more frequent, so that it takes a bin only with more than a hundredth of the keys: of 2,000, or of 12.
  expect(binOf({})).toBe(false);
  expect(binOf({ city: own.slice(-12) })).toBe(true);
});

test('requests of one key are worth one where they were picked, wherever they lie', () => {
  const city = frame({ city: reference.columns.city! });
  const of = Int32Array.of(7, 9, 7, 9, 9, 9);
  const worth = (...rows: number[]): number | undefined =>
    binLive(city, { inputs, keys: of, read: { city: Int32Array.from(rows) } })[0]?.effective;
  expect(worth(4, 2, 1, 0)).toBeCloseTo(2, 12);
  expect(worth(4, 2)).toBeCloseTo(2, 12);
  expect(worth(4, 1)).toBeCloseTo(1, 12);
});
