import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../contracts/frame.ts';
import { binCodes, binFrames } from '../../ml/drift/bins.ts';

const numbers = (values: number[]): Frame => ({
  rowCount: values.length,
  columns: { x: { type: 'number', values: Float64Array.from(values) } },
});
const texts = (values: string[]): Frame => ({
  rowCount: values.length,
  columns: { x: { type: 'string', values } },
});
const sum = (counts: readonly number[] = []): number => counts.reduce((total, count) => total + count, 0);

describe('binning two frames alike', () => {
  it('cuts numbers at the deciles of the reference, upper ends included, with open ends and a bin for what is missing', () => {
    const reference = numbers(Array.from({ length: 100 }, (_, i) => i));
    const [drift] = binFrames(reference, numbers([-5, 5, 15, 95, 1000, Number.NaN]));
    expect(drift?.reference).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0]);
    expect(drift?.current).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1]);
    expect(drift?.bins[1]).toBe('(9, 19]');
    expect(drift?.bins.at(-1)).toBe('missing');
  });

  it('gives codes a bin each, and one to all that the reference never held', () => {
    const [drift] = binFrames(texts(['a', 'a', 'b', '']), texts(['a', 'z', 'y', '']));
    expect(drift?.bins).toEqual(['a', 'b', 'other', 'missing']);
    expect(drift?.reference).toEqual([2, 1, 0, 1]);
    expect(drift?.current).toEqual([1, 0, 2, 1]);
  });

  it('counts codes that were tallied elsewhere as it counts rows', () => {
    const [ours, theirs] = [
      ['a', 'b', 'b', '', 'c'],
      ['z', 'b', '', '', 'y', 'a', 'a'],
    ];
    const tally = (values: string[] = []) => ({
      counts: new Map(['', 'a', 'b', 'c'].map((code) => [code, values.filter((value) => value === code).length])),
      rows: values.length,
    });
    const found = binCodes('x', tally(ours), tally(theirs));
    expect(found).toEqual(binFrames(texts(ours ?? []), texts(theirs ?? []))[0]);
    expect(found).toMatchObject({ bins: ['b', 'a', 'c', 'other', 'missing'], current: [1, 2, 0, 2, 2] });
  });

  it('gives the 50 most frequent codes a bin each, of equally frequent ones the first in the alphabet', () => {
    const codes = Array.from({ length: 60 }, (_, i) => `c${String(i).padStart(2, '0')}`);
    const [drift] = binFrames(texts([...codes.toReversed(), 'c59', 'c59', 'c58', '']), texts(['c49']));
    expect(drift?.bins).toEqual(['c59', 'c58', ...codes.slice(0, 48), 'other', 'missing']);
    expect(drift?.reference.slice(-2)).toEqual([10, 1]);
    expect(drift?.current.at(-2)).toBe(1);
  });

  it.each([
    [100, 20, true],
    [100, 11, true],
    [100, 10, false],
  ])('of %i rows gives a value that %i hold a bin of its own: %s', (rows, held, own) => {
    const spread = Array.from({ length: rows - held }, (_, i) => i + 1);
    const [drift] = binFrames(numbers([...Array.from({ length: held }, () => 0), ...spread]), numbers([0]));
    expect(drift?.bins[0] === '= 0').toBe(own);
  });

  it('gives a value that holds more than a tenth of the rows a bin of its own, and cuts only the rest', () => {
    const spread = Array.from({ length: 100 }, (_, i) => i + 1);
    const [drift] = binFrames(
      numbers([...Array.from({ length: 900 }, () => 0), ...spread]),
      numbers([0, 0, -1, 0.5, 100, 1e9]),
    );
    expect(drift?.bins).toEqual([
      '= 0',
      '<= 10',
      ...[20, 30, 40, 50, 60, 70, 80, 90].map((edge) => `(${edge - 10}, ${edge}]`),
      '> 90',
      'missing',
    ]);
    expect(drift?.reference).toEqual([900, ...Array.from({ length: 10 }, () => 10), 0]);
    expect(drift?.current).toEqual([2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
  });

  it('gives a value its own bin too that is most of the rest and a hundredth of all, but not a rarer one', () => {
    const zeros = Array.from({ length: 970 }, () => 0);
    const twenty = Array.from({ length: 20 }, () => 7);
    const [drift] = binFrames(numbers([...zeros, ...twenty, ...Array.from({ length: 10 }, () => 9)]), numbers([8]));
    expect(drift?.bins).toEqual(['= 0', '= 7', '<= 9', '> 9', 'missing']);
    expect(drift?.current).toEqual([0, 0, 1, 0, 0]);
  });

  it('counts what a reference of few values never held apart from them', () => {
    const [drift] = binFrames(numbers([0, 0, 1, 1]), numbers([0, 0.5, 2]));
    expect(drift?.bins).toEqual(['= 0', '= 1', 'other', 'missing']);
    expect(drift?.current).toEqual([1, 0, 2, 0]);
  });

  it('compares numbers as float32, as the log keeps them', () => {
    const [drift] = binFrames(numbers([0.1, 0.1, 0.7, 0.7]), numbers([0.1, Math.fround(0.1), Math.fround(0.7)]));
    expect(drift?.current).toEqual([2, 1, 0, 0]);
  });

  it('makes the bins of very many rows from a part of them, whatever rhythm they have', () => {
    const rhythm = numbers(Array.from({ length: 400_000 }, (_, i) => i % 1000));
    const [drift] = binFrames(rhythm, rhythm);
    expect(drift?.reference).toHaveLength(11);
    for (const count of drift?.reference.slice(0, 10) ?? []) expect(Math.abs(count - 40_000)).toBeLessThan(2_000);
  });

  it('reads a column as the reference has it: the code 3 may come as a number, and a number as text', () => {
    expect(binFrames(texts(['3', '3', '4']), numbers([3, 4, Number.NaN]))[0]?.current).toEqual([1, 1, 0, 1]);
    expect(binFrames(numbers([3, 3, 4]), texts(['3', ' 4', '', 'x']))[0]?.current).toEqual([1, 1, 0, 2]);
  });

  it('leaves out a column that the other frame lacks', () => {
    expect(binFrames(numbers([1]), { rowCount: 1, columns: {} })).toEqual([]);
  });

  it('counts every row of both frames exactly once, whatever the numbers', () => {
    const value = fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.array(value), (ours, theirs) => {
        const [drift] = binFrames(numbers(ours), numbers(theirs));
        expect(sum(drift?.reference)).toBe(ours.length);
        expect(sum(drift?.current)).toBe(theirs.length);
      }),
    );
  });
});
