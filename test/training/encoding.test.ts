import { describe, expect, test } from 'vitest';
import { fittedCodes, mostKeptCodes, slotCount } from '../../ml/training/encoding.ts';
import { encodeRows, fitEncoding } from './encoded.ts';
import { features, frameOf } from './support.ts';

const frame = frameOf({
  age: [20, 40, Number.NaN, 60],
  colour: ['red', '', 'blue', 'red'],
  income: [5, 5, 5, 5],
  town: ['b', 'a', 'b', ''],
});

describe('an encoding', () => {
  test('imputes the mean and standardizes by the population deviation', () => {
    const encoding = fitEncoding(features, frame);
    const deviation = Math.sqrt(800 / 3);
    expect(encoding.numeric[0]!.mean).toBe(40);
    expect(encoding.numeric[0]!.deviation).toBeCloseTo(deviation, 5);
    const { numeric } = encodeRows(encoding, frame);
    expect(numeric[0]).toBeCloseTo(-20 / deviation, 6);
    expect(numeric[4]).toBe(0);
  });

  test('leaves a constant column at 0 instead of dividing by nothing', () => {
    const { numeric } = encodeRows(fitEncoding(features, frame), frame);
    expect([1, 3, 5, 7].map((index) => numeric[index])).toEqual([0, 0, 0, 0]);
  });

  test.each([
    ['0.1', () => 0.1],
    ['0.7', () => 0.7],
    ['1.1', () => 1.1],
    ['19.99', () => 19.99],
    ['numbers that float32 holds as one', (row: number) => 1e9 + (row % 10)],
  ])('takes a column of %s as constant, so that a value that differs stays a usual number', (_, valueOf) => {
    const age = Array.from({ length: 1_000 }, (_of, row) => valueOf(row));
    const encoding = fitEncoding([features[0]!], frameOf({ age }));
    expect(encoding.numeric[0]!.deviation).toBe(1);
    const [same, other] = encodeRows(encoding, frameOf({ age: [valueOf(0), valueOf(0) + 200] })).numeric;
    expect(Math.abs(same!)).toBeLessThan(1e-6);
    expect(other).toBeCloseTo(200, -2);
  });

  test('knows allowed codes and seen ones, and puts all else into slot 0', () => {
    const encoding = fitEncoding(features, frame);
    expect(encoding.oneHot.map(({ codes }) => codes)).toEqual([
      ['blue', 'green', 'never seen', 'red'],
      ['a', 'b'],
    ]);
    expect(slotCount(encoding.oneHot)).toBe(8);
    const other = frameOf({ age: [1, 1, 1], colour: ['pink', '', 'red'], income: [1, 1, 1], town: ['b', 'zz', 'a'] });
    expect([...encodeRows(encoding, other).oneHot]).toEqual([0, 7, 0, 5, 4, 6]);
  });

  test('tells the codes of each categorical feature, but for features with too many', () => {
    expect(fittedCodes(features, frame)).toEqual({
      colour: ['blue', 'green', 'never seen', 'red'],
      town: ['a', 'b'],
    });
    const towns = Array.from({ length: mostKeptCodes }, (_, i) => `town ${i}`);
    const many = (town: string[]) =>
      frameOf({ age: town.map(() => 1), colour: town.map(() => 'red'), income: town.map(() => 1), town });
    expect(fittedCodes(features, many(towns)).town).toHaveLength(mostKeptCodes);
    expect(Object.keys(fittedCodes(features, many([...towns, 'one more'])))).toEqual(['colour']);
  });

  test('embeds only columns with more codes than the width', () => {
    const encoding = fitEncoding(features, frame, { encoding: { embed: 3 } });
    expect(encoding.embedded.map(({ name }) => name)).toEqual(['colour']);
    expect(encoding.oneHot.map(({ name }) => name)).toEqual(['town']);
    expect(encoding.embedWidth).toBe(3);
  });

  test('reads numbers that came as text, and codes that came as numbers', () => {
    const swapped = frameOf({
      age: ['20', '', '60', '40'],
      colour: [1, 2, 2, 1],
      income: [5, 5, 5, 5],
      town: ['a', 'a', 'a', 'a'],
    });
    const encoding = fitEncoding(features, swapped);
    expect(encoding.numeric[0]!.mean).toBe(40);
    expect(encoding.oneHot[0]!.codes).toContain('2');
  });

  test('refuses a column that the rows lack, and a feature of a useless kind', () => {
    expect(() => fitEncoding(features, frameOf({ age: [1] }))).toThrow(/no column "colour"/);
    const key = [{ name: 'age', column: { ...features[0]!.column, kind: 'key' as const } }];
    expect(() => fitEncoding(key, frame)).toThrow(/"age" is of kind "key"/);
  });
});
