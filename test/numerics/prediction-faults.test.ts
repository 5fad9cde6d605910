import { findFaultsByWorth } from '../../ml/tasks/multiclass/faults.ts';
import { expect, test } from 'vitest';
import { halfOf } from '../../codec/float16.ts';
import type { Tensor, TensorData } from '../../contracts/data/tensor.ts';
import { checkNumbers } from '../../ml/tasks/check-numbers.ts';
import { findFaults } from '../../ml/tasks/binary/faults.ts';
import { hasFaults, probabilityFaults } from '../../ml/tasks/probability-faults.ts';
import { predictionsOf } from '../support/predictions.ts';

const faultsOf = (probability: number[], positive?: number[]) => findFaults(predictionsOf(probability, positive));

test.each([
  { name: 'both ends are probabilities', probability: [0, 1, 0.5], notFinite: 0, outside: 0, first: null },
  { name: 'above 1', probability: [0.2, 1.5, 1.01], notFinite: 0, outside: 2, first: { row: 1, value: '1.5' } },
  { name: 'below 0', probability: [-0.1, 0.4], notFinite: 0, outside: 1, first: { row: 0, value: '-0.1' } },
  { name: 'NaN', probability: [0.1, Number.NaN, 2], notFinite: 1, outside: 1, first: { row: 1, value: 'NaN' } },
  {
    name: 'infinite on both sides',
    probability: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    notFinite: 2,
    outside: 0,
    first: { row: 0, value: 'Infinity' },
  },
])(
  'probabilities that are none are counted by their kind, with the first: $name',
  ({ probability, notFinite, outside, first }) => {
    const found = faultsOf(probability);
    expect(found).toMatchObject({ rows: probability.length, notFinite, outside, first });
    expect(hasFaults(found)).toBe(notFinite + outside > 0);
  },
);

test.each([
  { name: 'float32 sums of many labels', width: 1000, values: new Float32Array(1000).fill(1 / 1000), uneven: 0 },
  { name: 'halves', width: 3, values: [0.33325, 0.33325, 0.33325], uneven: 0 },
  { name: 'independent sigmoids', width: 3, values: [0.9, 0.9, 0.9, 0.5, 0.25, 0.25], uneven: 1 },
  { name: 'a row that is at fault already', width: 3, values: [2, 0, 0, Number.NaN, 0, 0], uneven: 0 },
])('probabilities of several labels must add up to 1: $name', ({ width, values, uneven }) => {
  const found = probabilityFaults(Float64Array.from(values), width);
  expect(found.uneven).toBe(uneven);
  if (uneven > 0) expect(found).toMatchObject({ first: { row: 0, value: 'a sum of 2.7' }, notFinite: 0, outside: 0 });
});

test.each<[string, Tensor['type'], TensorData]>([
  ['float32', 'float32', Float32Array.of(0.2, 0.3, 0.5, 0.9, 0.9, 0.9)],
  ['float16', 'float16', Uint16Array.from([0.2, 0.3, 0.5, 0.9, 0.9, 0.9], halfOf)],
])('live answers whose probabilities do not add up to 1 name their row: %s', (_, type, data) => {
  const check = (rows: number): void =>
    checkNumbers({ probabilities: { type, shape: [rows, 3], data: data.slice(0, 3 * rows) } }, rows, 10);
  expect(() => check(1)).not.toThrow();
  expect(() => check(2)).toThrow(
    /answer to row 11 is not valid: the values of output "probabilities" add up to 2\.\d+, and must add up to 1/,
  );
});

test('one fault of either kind is a fault, and as many of both are too', () => {
  expect([faultsOf([0.5, 2]), faultsOf([0.5, Number.NaN]), faultsOf([2, Number.NaN])].map(hasFaults)).toEqual([
    true,
    true,
    true,
  ]);
});

test('label and probability agree where each positive answer has the higher probability', () => {
  expect(faultsOf([0.1, 0.9, 0.8], [0, 1, 1]).labelAgreement).toBe(1);
  expect(faultsOf([0.1, 0.9, 0.8], [1, 0, 0]).labelAgreement).toBe(0);
  expect(faultsOf([0.1, 0.9, 0.8, 0.7], [0, 1, 0, 1]).labelAgreement).toBe(0.75);
  expect(faultsOf([0.1, 0.9], [1, 1]).labelAgreement).toBeNull();
  expect(faultsOf([0.1, Number.NaN, 0.9], [0, 1, 1]).labelAgreement).toBeNull();
  expect(faultsOf([0.1, 2, 0.9], [0, 1, 1]).labelAgreement).toBe(1);
});

test('an answer whose worth is equal but for rounding agrees, also where that worth is 0', () => {
  // True labels by row, answers by column: with even chances of the first two both answers are worth 0.
  const matrix = [
    [10, -10, -50],
    [-10, 10, -50],
    [-50, -50, 0],
  ];
  const scores = Float64Array.of(Math.fround(0.5 - 2e-8), Math.fround(0.5 + 2e-8), 0);
  const agreement = (answer: number): number | null =>
    findFaultsByWorth(matrix)({ answer: Float64Array.of(answer), scores, width: 3 }).labelAgreement;
  expect([0, 1, 2].map(agreement)).toEqual([1, 1, 0]);
});
