import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { alongSteps } from '../../../ml/power/along-steps.ts';

const steps = (sizes: number[], done: number, keys: number) => {
  const told: [number, number][] = [];
  alongSteps(sizes, done, keys, (step, count) => told.push([step, count]));
  return told;
};

test.each<[number[], number, number, [number, number][]]>([
  [[10, 20, 5], 0, 4, [[0, 4]]],
  [[10, 20, 5], 0, 10, [[0, 10]]],
  [
    [10, 20, 5],
    8,
    4,
    [
      [0, 2],
      [1, 2],
    ],
  ],
  [[10, 20, 5], 10, 3, [[1, 3]]],
  [
    [10, 20, 5],
    25,
    100,
    [
      [1, 5],
      [2, 95],
    ],
  ],
  [[10, 20, 5], 1000, 7, [[2, 7]]],
  [
    [10, 0, 5],
    9,
    3,
    [
      [0, 1],
      [2, 2],
    ],
  ],
  [[10, 20], 3, 0, []],
  [[], 0, 5, []],
])('of steps of %j keys, after %i the next %i fall as %j', (sizes, done, keys, expected) => {
  expect(steps(sizes, done, keys)).toEqual(expected);
});

test('keys are told in the steps in which they would be told one by one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 5 }),
      fc.nat({ max: 40 }),
      fc.nat({ max: 40 }),
      (sizes, done, keys) => {
        const stepOf = (key: number): number => {
          let end = 0;
          const step = sizes.findIndex((size) => key < (end += size));
          return step < 0 ? sizes.length - 1 : step;
        };
        const one = new Map<number, number>();
        for (let key = done; key < done + keys; key++) one.set(stepOf(key), (one.get(stepOf(key)) ?? 0) + 1);
        expect(steps(sizes, done, keys)).toEqual([...one]);
      },
    ),
  );
});
