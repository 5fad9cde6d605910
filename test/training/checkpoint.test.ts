import { expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../ml/training/checkpoint.ts';

const report = { epoch: 2, trainLoss: 0.1, validationLoss: 1 / 3 };

// The second network has ended, and has other statistics than parameters that are trained.
const state = {
  epoch: 3,
  members: [
    {
      epoch: 3,
      step: 42,
      theta: Float32Array.of(1.5, Number.NaN),
      moment1: Float32Array.of(1e-38, -0),
      moment2: Float32Array.of(3, 4),
      best: Float32Array.of(5, 6),
      bestReport: report,
    },
    {
      epoch: 2,
      step: 28,
      theta: Float32Array.of(1, 2, 3),
      moment1: Float32Array.of(4),
      moment2: Float32Array.of(5),
      best: Float32Array.of(6, 7, 8),
      bestReport: report,
    },
  ],
  curve: [report],
};

test('a checkpoint gives back the state, bit by bit', () => {
  expect(decodeCheckpoint('job', encodeCheckpoint('job', state))).toEqual(state);
});

test('a checkpoint that starts at an odd byte of its buffer is read all the same', () => {
  const bytes = encodeCheckpoint('job', state);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect(decodeCheckpoint('job', shifted.subarray(1))).toEqual(state);
});

test('a checkpoint that comes as a Buffer, as a store reads it, is read all the same', () => {
  expect(decodeCheckpoint('job', Buffer.from(encodeCheckpoint('job', state)))).toEqual(state);
});

test('the checkpoint of another job, a cut one and other bytes are refused', () => {
  const bytes = encodeCheckpoint('job', state);
  expect(() => decodeCheckpoint('other job', bytes)).toThrow(/another training/);
  expect(() => decodeCheckpoint('job', bytes.subarray(0, bytes.length - 1))).toThrow(/cut off/);
  expect(() => decodeCheckpoint('job', new Uint8Array(100))).toThrow(/is none/);
});
