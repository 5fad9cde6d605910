import { expect, test } from 'vitest';
import { utilityMatrix } from '../../contracts/data/utility-matrix.ts';

const rule = { type: 'string', missing: [] } as const;
const plans = ['basic', 'plus', 'pro'];
const worths = (pro: Record<string, number>) =>
  utilityMatrix({ basic: { basic: 1, plus: -1, pro: -4 }, plus: { basic: -1, plus: 1, pro: 0 }, pro }, plans, rule);

test('a right answer is worth at least as much as any other answer to its label', () => {
  expect(worths({ basic: -9, plus: 2, pro: 2 })).toEqual([
    [1, -1, -4],
    [-1, 1, 0],
    [-9, 2, 2],
  ]);
  expect(worths({ basic: -9, plus: 2, pro: 1 })).toEqual({
    fault: 'utility: pro answered as plus is worth 2, more than the right answer, 1: write costs as negative numbers',
  });
});
