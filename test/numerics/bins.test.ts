import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import { binFrames } from '../../ml/drift/bins.ts';
import { clustersOf } from '../../ml/drift/clusters.ts';

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

  const times = (count: number, value: string): string[] => Array.from({ length: count }, () => value);

  it('gives frequent codes a bin each, one to rare ones, and one to those that the reference never held', () => {
    const [drift] = binFrames(
      texts([...times(20, 'a'), ...times(9, 'b'), 'c', 'c', '']),
      texts([...times(5, 'a'), 'b', 'c', 'z', 'y', '']),
    );
    expect(drift?.bins).toEqual(['a', 'b', 'other', 'new', 'missing']);
    expect(drift?.reference).toEqual([20, 9, 2, 0, 1]);
    expect(drift?.current).toEqual([5, 1, 1, 2, 1]);
  });

  it('counts a code that the reference holds once as new there, as its other rows never saw it', () => {
    const [drift] = binFrames(texts(['a', 'b', 'b']), texts(['a', 'b', 'c']));
    expect(drift?.bins).toEqual(['other', 'new', 'missing']);
    expect([drift?.reference, drift?.current]).toEqual([
      [2, 1, 0],
      [2, 1, 0],
    ]);
  });

  it('gives a code of the current rows a bin that is more than a hundredth of them, known or not', () => {
    const many = Array.from({ length: 600 }, (_, i) => times(100, `c${i}`)).flat();
    const [drift] = binFrames(
      texts([...many, 'x', 'x']),
      texts([...times(12, 'x'), ...times(11, 'y'), ...times(10, 'z'), ...many.slice(0, 1_000)]),
    );
    expect(drift?.bins.filter((bin) => ['x', 'y', 'z'].includes(bin))).toEqual(['x', 'y']);
    expect(drift?.current.slice(-5)).toEqual([12, 11, 0, 10, 0]);
    expect(drift?.reference.slice(-5)).toEqual([2, 0, 55_000, 0, 0]);
  });

  it('gives a value that holds a tenth of the current rows a bin, but not for one key that sends it often', () => {
    const reference = numbers(Array.from({ length: 100 }, (_, i) => i));
    const current = numbers([...Array.from({ length: 50 }, () => 4.5), ...Array.from({ length: 50 }, (_, i) => i)]);
    const keysOf = (key: (row: number) => number) => clustersOf(Int32Array.from({ length: 100 }, (_, row) => key(row)));
    expect(binFrames(reference, current)[0]?.bins[0]).toBe('= 4.5');
    expect(
      binFrames(
        reference,
        current,
        keysOf((row) => row),
      )[0]?.bins[0],
    ).toBe('= 4.5');
    expect(
      binFrames(
        reference,
        current,
        keysOf((row) => Math.max(0, row - 49)),
      )[0]?.bins[0],
    ).toBe('<= 9');
  });

  it('asks of codes too that several keys send them', () => {
    const current = texts([...times(50, 'x'), ...times(50, 'a')]);
    const keys = (of: (row: number) => number) => clustersOf(Int32Array.from({ length: 100 }, (_, row) => of(row)));
    const binsOf = (of: (row: number) => number) => binFrames(texts(times(100, 'a')), current, keys(of))[0]?.bins;
    expect(binsOf((row) => row)).toEqual(['a', 'x', 'other', 'new', 'missing']);
    expect(binsOf((row) => Math.max(0, row - 49))).toEqual(['a', 'other', 'new', 'missing']);
  });

  it.each([
    [999, true],
    [1_000, false],
  ])(
    'gives a code beyond the fifty most frequent a bin where more than a hundredth of %i keys send it',
    (keys, own) => {
      const frequent = Array.from({ length: 50 }, (_, i) => `f${i}`);
      const reference = texts(frequent.flatMap((code) => times(20, code)));
      const sent = [...times(10, 'x'), ...Array.from({ length: keys - 10 }, (_, i) => frequent[i % 50]!)];
      const twice = texts([...sent, ...sent]);
      const clusters = clustersOf(Int32Array.from({ length: twice.rowCount }, (_, row) => row % keys));
      expect(binFrames(reference, twice, clusters)[0]?.bins.includes('x')).toBe(own);
    },
  );

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

  it('makes the bins of very many rows from a part of them, in any rhythm', () => {
    const rhythm = numbers(Array.from({ length: 400_000 }, (_, i) => i % 1000));
    const [drift] = binFrames(rhythm, rhythm);
    expect(drift?.reference).toHaveLength(11);
    for (const count of drift?.reference.slice(0, 10) ?? []) expect(Math.abs(count - 40_000)).toBeLessThan(2_000);
  });

  it('reads a column as the reference has it: the code 3 may come as a number, and a number as text', () => {
    expect(binFrames(texts(times(20, '3')), numbers([3, 4, Number.NaN]))[0]?.current).toEqual([1, 0, 1, 1]);
    expect(binFrames(numbers([3, 3, 4]), texts(['3', ' 4', '', 'x']))[0]?.current).toEqual([1, 1, 0, 2]);
  });

  it('leaves out a column that the other frame lacks', () => {
    expect(binFrames(numbers([1]), { rowCount: 1, columns: {} })).toEqual([]);
  });

  it('counts every row of both frames exactly once, for any numbers and codes', () => {
    const value = fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }));
    const code = fc.oneof(fc.string(), fc.constantFrom('', 'a', 'b'));
    fc.assert(
      fc.property(fc.array(code, { minLength: 1 }), fc.array(code), (ours, theirs) => {
        const [drift] = binFrames(texts(ours), texts(theirs));
        expect(sum(drift?.reference)).toBe(ours.length);
        expect(sum(drift?.current)).toBe(theirs.length);
      }),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.array(value), (ours, theirs) => {
        const [drift] = binFrames(numbers(ours), numbers(theirs));
        expect(sum(drift?.reference)).toBe(ours.length);
        expect(sum(drift?.current)).toBe(theirs.length);
      }),
    );
  });
});
