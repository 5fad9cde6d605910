import { expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';

test('equal seeds give equal sequences, other seeds and streams others', () => {
  const draw = (seed: number, stream?: number) => {
    const random = createRandom(seed, stream);
    return Array.from({ length: 4 }, () => random.next());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(8)).not.toEqual(draw(7));
  expect(draw(7, 1)).not.toEqual(draw(7));
  expect(draw(7 + 2 ** 32)).not.toEqual(draw(7));
  expect(draw(-7)).not.toEqual(draw(7));
});

test('uniform draws fill [0, 1) evenly', () => {
  const random = createRandom(1);
  const counts = new Float64Array(10);
  for (let i = 0; i < 20_000; i++) counts[Math.floor(random.next() * 10)]! += 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  expect(chiSquare).toBeLessThan(27.9); // 0.999 quantile of 9 degrees of freedom
});

test('normal draws have the moments of the normal distribution', () => {
  const random = createRandom(2);
  const values = Array.from({ length: 20_000 }, () => random.normal());
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  expect(Math.abs(moment(1))).toBeLessThan(0.03);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.05);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.3);
});

test('a permutation holds each number once, and each order is as likely', () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const order = [...createRandom(seed).permutation(3)];
    expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    seen.set(order.join(), (seen.get(order.join()) ?? 0) + 1);
  }
  expect(seen.size).toBe(6);
  for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
});

test('an integer outside of the range that 32 bits allow is refused', () => {
  expect(() => createRandom(1).integer(0)).toThrow(RangeError);
  expect(() => createRandom(1).integer(2 ** 33)).toThrow(RangeError);
});
