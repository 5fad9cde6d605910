import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../contracts/frame.ts';
import { binFrames } from '../../ml/drift/bins.ts';

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
  it('cuts numbers at the deciles of the reference, with open ends and a bin for what is missing', () => {
    const reference = numbers(Array.from({ length: 100 }, (_, i) => i));
    const [drift] = binFrames(reference, numbers([-5, 5, 15, 95, 1000, Number.NaN]));
    expect(drift?.reference).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0]);
    expect(drift?.current).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1]);
    expect(drift?.bins.at(-1)).toBe('missing');
  });

  it('gives codes a bin each, and one to all that the reference never held', () => {
    const [drift] = binFrames(texts(['a', 'a', 'b', '']), texts(['a', 'z', 'y', '']));
    expect(drift?.bins).toEqual(['a', 'b', 'other', 'missing']);
    expect(drift?.reference).toEqual([2, 1, 0, 1]);
    expect(drift?.current).toEqual([1, 0, 2, 1]);
  });

  it('leaves out a column that the other frame lacks or holds as another type', () => {
    expect(binFrames(numbers([1]), { rowCount: 1, columns: {} })).toEqual([]);
    expect(binFrames(numbers([1]), texts(['1']))).toEqual([]);
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
