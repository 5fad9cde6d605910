import { expect, test } from 'vitest';
import { shortenedTensors } from '../../cli/shortened-tensors.ts';

const values = (count: number) => Array.from({ length: count }, (_, i) => i);

test('the first values of a long tensor are shown, with its size and how many are left out', () => {
  expect(shortenedTensors({ pixels: values(4_096), mask: [1, 1], text: 'fine' })).toBe(
    '{"pixels":[0,1,2,3,4,5,6,7, and 4088 more of [4096]],"mask":[1,1],"text":"fine"}',
  );
});

test.each([
  ['short tensors', { ids: values(8) }],
  ['columns', { age: 3 }],
  ['nothing', null],
  ['a text', 'x'],
])('%s are shown whole', (_, logged) => {
  expect(shortenedTensors(logged)).toBeNull();
});
