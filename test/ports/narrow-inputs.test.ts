import { expect, test } from 'vitest';
import type { Signature, TensorType } from '../../contracts/data/tensor.ts';
import { createFeeds } from '../../gateway/protocol/feeds.ts';
import { feedsOfFrame } from '../../ports/inference/frame-feeds.ts';

const types: readonly TensorType[] = ['bool', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'];
const values = [
  0,
  1,
  2,
  -1,
  5,
  0.5,
  127,
  128,
  -128,
  -129,
  255,
  256,
  300,
  32_767,
  32_768,
  65_536,
  3e9,
  2 ** 32,
  2 ** 53 - 1,
  1e20,
  Number.NaN,
];

const signatureOf = (type: TensorType): Signature => ({
  inputs: [{ name: 'age', type, shape: [null, 1] }],
  outputs: [],
});

const offline = (type: TensorType, value: number): unknown => {
  const frame = { rowCount: 1, columns: { age: { type: 'number', values: Float64Array.of(value) } } } as const;
  return Array.from(feedsOfFrame(signatureOf(type), frame, 0, 1).age!.data as ArrayLike<unknown>);
};

const live = (type: TensorType, value: number): unknown => {
  const tensor = { name: 'age', datatype: 'FP64', shape: [1, 1], data: [Number.isNaN(value) ? null : value] } as const;
  const request = {
    id: null,
    parameters: {},
    tensors: new Map([['age', tensor]]),
    outputs: null,
    binaryOutputs: false,
  };
  return Array.from(createFeeds(signatureOf(type))(request).feeds.age!.data as ArrayLike<unknown>);
};

const answerOf = (read: () => unknown): unknown => {
  try {
    return read();
  } catch {
    return 'refused';
  }
};

test.each(types)(
  'a number reaches an input of %s alike in evaluation and at the gateway, or is refused by both',
  (type) => {
    // Beyond 2^53 a double names several whole numbers; the gateway is sent those as bytes.
    const kept = values.filter((value) => Number.isNaN(value) || Math.abs(value) <= Number.MAX_SAFE_INTEGER);
    const read = kept.map((value) => [value, answerOf(() => offline(type, value))]);
    expect(read).toEqual(kept.map((value) => [value, answerOf(() => live(type, value))]));
    expect(read.filter(([, answer]) => answer === 'refused').length).toBeGreaterThan(1);
  },
);

test('what an input cannot hold is refused with the column, the value and the range', () => {
  expect(() => offline('uint8', 300)).toThrow(
    'column "age" holds 300, and the model takes uint8, from 0 to 255: export',
  );
  expect(() => offline('int32', 3e9)).toThrow('holds 3000000000, and the model takes int32, from -2147483648');
  expect(() => offline('bool', 5)).toThrow('holds 5, and the model takes bool, from 0 to 1');
  expect(() => offline('int64', Number.NaN)).toThrow('has missing values, and int64 has none');
  expect(() => offline('int64', 1e20)).toThrow('holds 100000000000000000000');
});
