import { expect, it } from 'vitest';
import { cutAt, inOrderOfTime } from '../../policy/release/observe/rows-until.ts';
import type { CompactSegment } from '../../policy/release/observe/log-columns.ts';

const at = [5, 1, 3, 3, 9];
const codes = (factor: number) => Int32Array.from(at, (value, row) => factor * value + row);
const segment: CompactSegment = {
  rows: at.length,
  texts: ['a', 'b'],
  kind: codes(10),
  idHigh: Uint32Array.from(codes(20)),
  idLow: Uint32Array.from(codes(30)),
  keyHigh: Uint32Array.from(codes(40)),
  keyLow: Uint32Array.from(codes(50)),
  requestHigh: Uint32Array.from(codes(200)),
  requestLow: Uint32Array.from(codes(210)),
  at: Float64Array.from(at),
  ms: Float64Array.from(codes(60)),
  share: Float64Array.from(codes(70)),
  version: codes(80),
  seq: codes(160),
  isCanary: codes(90),
  isError: codes(100),
  label: codes(110),
  release: codes(120),
  instance: codes(130),
  inputs: new Map([['age', codes(140)]]),
  score: Float64Array.from(codes(150)),
  quantiles: [Float64Array.from(codes(180)), Float64Array.from(codes(190))],
  value: Float64Array.from(codes(160)),
  mirrorUnit: Float64Array.from(codes(170)),
};

it('puts whole rows of a segment in the order of time', () => {
  const sorted = inOrderOfTime(segment);
  const order = [1, 2, 3, 0, 4];
  expect([...sorted.at]).toEqual([1, 3, 3, 5, 9]);
  expect([...sorted.kind]).toEqual(order.map((row) => segment.kind[row]));
  expect([...sorted.instance]).toEqual(order.map((row) => segment.instance[row]));
  expect([...(sorted.inputs.get('age') ?? [])]).toEqual(order.map((row) => segment.inputs.get('age')?.[row]));
  expect([...(sorted.score ?? [])]).toEqual(order.map((row) => segment.score?.[row]));
  expect(sorted.quantiles?.map((of) => [...of])).toEqual(segment.quantiles?.map((of) => order.map((row) => of[row])));
  expect([...(sorted.value ?? [])]).toEqual(order.map((row) => segment.value?.[row]));
  expect(sorted.texts).toBe(segment.texts);
});

it.each([
  [0, 0],
  [1, 0],
  [1.5, 1],
  [3, 1],
  [4, 3],
  [9, 4],
  [10, 5],
])('cuts off what came at %d or later', (until, rows) => {
  const cut = cutAt(inOrderOfTime(segment), until);
  expect(cut.rows).toBe(rows);
  expect([...cut.at]).toEqual([1, 3, 3, 5, 9].slice(0, rows));
  expect([cut.label.length, cut.inputs.get('age')?.length, cut.score?.length]).toEqual([rows, rows, rows]);
});
