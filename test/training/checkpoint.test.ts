import { expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../ml/training/checkpoint.ts';

const state = {
  epoch: 3,
  step: 42,
  theta: Float32Array.of(1.5, Number.NaN),
  moment1: Float32Array.of(1e-38, -0),
  moment2: Float32Array.of(3, 4),
  best: Float32Array.of(5, 6),
  bestEpoch: 2,
  curve: [{ epoch: 1, trainLoss: 0.1, validationLoss: 1 / 3 }],
};

test('a checkpoint gives back the state, bit by bit', () => {
  expect(decodeCheckpoint('job', encodeCheckpoint('job', state))).toMatchObject(state);
});

test('a checkpoint that starts at an odd byte of its buffer is read all the same', () => {
  const bytes = encodeCheckpoint('job', state);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect(decodeCheckpoint('job', shifted.subarray(1))).toMatchObject(state);
});

test('a checkpoint that comes as a Buffer, as a store reads it, is read all the same', () => {
  expect(decodeCheckpoint('job', Buffer.from(encodeCheckpoint('job', state)))).toEqual({
    ...state,
    job: 'job',
    size: 2,
  });
});

test('the checkpoint of another job, a cut one and other bytes are refused', () => {
  const bytes = encodeCheckpoint('job', state);
  expect(() => decodeCheckpoint('other job', bytes)).toThrow(/another training/);
  expect(() => decodeCheckpoint('job', bytes.subarray(0, bytes.length - 1))).toThrow(/cut off/);
  expect(() => decodeCheckpoint('job', new Uint8Array(100))).toThrow(/is none/);
});
