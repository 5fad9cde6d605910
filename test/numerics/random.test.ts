import { expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import oracle from '../fixtures/numerics/random.json' with { type: 'json' };

test.each(oracle)('seed $seed, stream $stream draws what the generator in Python draws', (expected) => {
  const open = () => createRandom(expected.seed, expected.stream);
  const uniform = open();
  expect(expected.bits.map(() => uniform.next() * 2 ** 32)).toEqual(expected.bits);
  for (const [n, drawn] of expected.integers as [number, number[]][]) {
    const random = open();
    expect(
      drawn.map(() => random.integer(n)),
      `integer(${n})`,
    ).toEqual(drawn);
  }
  const normal = open();
  for (const value of expected.normals) expect(normal.normal()).toBeCloseTo(value, 12);
  expect([...open().permutation(expected.permutation.length)]).toEqual(expected.permutation);
});

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

test('the stream is the first unless another is named', () => {
  expect(createRandom(5).next()).toBe(createRandom(5, 0).next());
  expect(createRandom(5).next()).not.toBe(createRandom(5, 1).next());
});

test.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])('a range of %d numbers is refused', (n) => {
  expect(() => createRandom(1).integer(n)).toThrow(/n must be 1 \.\.\. 2\^32/);
});

test('permutations of nothing and of one are themselves', () => {
  expect([createRandom(1).permutation(0), createRandom(1).permutation(1)]).toEqual([
    new Int32Array(),
    Int32Array.of(0),
  ]);
});
