import { array, assert, constantFrom, double, float, oneof, property } from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { ascendingOrder } from '../../ml/statistics/ascending-order.ts';

/** By comparison: NaN last, equal values in the order of the rows. */
function plainly(values: readonly number[]) {
  const rank = (value: number): number => (Number.isNaN(value) ? Infinity : value);
  const later = (a: number, b: number): number => Number(Number.isNaN(values[a])) - Number(Number.isNaN(values[b]));
  const order = values
    .map((_, row) => row)
    .toSorted((a, b) => {
      const [x, y] = [rank(values[a]!), rank(values[b]!)];
      return x < y ? -1 : x > y ? 1 : later(a, b);
    });
  const isSame = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));
  const ends = order.flatMap((row, i) =>
    i + 1 < order.length && isSame(values[row]!, values[order[i + 1]!]!) ? [] : [i + 1],
  );
  return { order, ends };
}

const found = (values: readonly number[]) => {
  const { order, ends } = ascendingOrder(Float64Array.from(values));
  return { order: [...order], ends: [...ends] };
};

const odd = constantFrom(0, -0, 1, -1, 0.1, Infinity, -Infinity, Number.NaN, Number.MIN_VALUE, -Number.MIN_VALUE);

test.each([
  ['doubles', oneof(odd, double())],
  ['doubles that are often equal', odd],
  ['numbers of float32', oneof(constantFrom(0, -0, 0.5, -0.5, Infinity, -Infinity), float({ noNaN: true }))],
])('%s are ordered as by comparison', (_, value) => {
  assert(
    property(array(value, { maxLength: 80 }), (values) => {
      expect(found(values)).toEqual(plainly(values));
    }),
  );
});

test.each([
  ['float32', Math.fround],
  ['double', (value: number) => value],
])('so are many values of type %s, and the values stay as they were', (_, rounded) => {
  const random = createRandom(3);
  const values = Float64Array.from({ length: 20_000 }, () => rounded(random.normal()));
  const before = [...values];
  const { order } = ascendingOrder(values);
  expect([...order]).toEqual(plainly(before).order);
  expect([...values]).toEqual(before);
});
