import { expect, test } from 'vitest';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import { classesFor } from '../support/classes.ts';

const read = (labels: BigInt64Array, [negative, positive]: readonly [number, number]) => {
  const space = classesFor(negative, positive);
  const outputs: Record<string, Tensor> = {
    label: { type: 'int64', shape: [labels.length], data: labels },
    probabilities: { type: 'float32', shape: [labels.length, 1], data: new Float32Array(labels.length) },
  };
  return [...taskFor(space).read(outputs, labels.length, space).answer];
};

test.each([
  [0, 1],
  [-1, 1],
  [-(2 ** 32), 2 ** 32],
  [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  [2 ** 31, 2 ** 31 - 1],
] as const)('labels %i and %i of an int64 output are read as their classes', (negative, positive) => {
  const [no, yes] = [BigInt(negative), BigInt(positive)];
  expect(read(BigInt64Array.of(no, yes, yes, no), [negative, positive])).toEqual([0, 1, 1, 0]);
  // The view begins in the middle of its buffer.
  expect(read(BigInt64Array.of(7n, yes, no).subarray(1), [negative, positive])).toEqual([1, 0]);
});

test.each([2n, -1n, 2n ** 32n, 2n ** 32n + 1n, -(2n ** 63n)])(
  'the int64 label %s of neither class is refused',
  (label) => {
    expect(() => read(BigInt64Array.of(0n, label), [0, 1])).toThrow(/it answers the label "-?\d+"/);
  },
);
