import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { designNetwork } from '../../ml/training/architecture.ts';
import { epochModel } from '../../ml/training/epoch-graph.ts';
import { adamRates, batchSizeFor, planEpoch } from '../../ml/training/plan.ts';
import { binaryHead } from '../../ml/tasks/binary/head.ts';

interface Fixture extends Record<'numeric' | 'oneHot' | 'embedded' | 'labels' | 'theta0' | 'theta', number[]> {
  rows: number;
  hidden: number[];
  embedWidth: number;
  numericColumns: number;
  oneHotCodes: number[];
  embeddedCodes: number[];
  batches: number[][];
  batch: number;
  epochs: number;
  learningRate: number;
  weightDecay: number;
  gradient0: number[];
  moment1: number[];
  moment2: number[];
  losses: number[];
}

// Made by test/fixtures/training/make.py in numpy, in double precision.
const fixture = JSON.parse(readFileSync(new URL('../fixtures/training/adam.json', import.meta.url), 'utf8')) as Fixture;

const columns = (sizes: number[]) =>
  sizes.map((size, column) => ({ name: `c${column}`, codes: Array.from({ length: size }, (_, code) => `${code}`) }));

const network = designNetwork(
  { hidden: fixture.hidden },
  {
    inputs: [],
    numeric: Array.from({ length: fixture.numericColumns }, (_, i) => ({
      name: `n${i}`,
      tails: null,
      mean: 0,
      deviation: 1,
      marked: false,
    })),
    oneHot: columns(fixture.oneHotCodes),
    embedded: columns(fixture.embeddedCodes),
    embedWidth: fixture.embedWidth,
  },
  1,
);

async function runSteps(batches: number[][], rates: Float32Array) {
  const { rows, batch } = fixture;
  const index = new Int32Array(batches.length * batch);
  const weights = new Float32Array(batches.length * batch);
  for (const [step, members] of batches.entries()) {
    index.set(members, step * batch);
    weights.fill(1 / members.length, step * batch, step * batch + members.length);
  }
  const oneHot = new Uint8Array(rows * network.oneHotSlots);
  for (const [i, slot] of fixture.oneHot.entries()) oneHot[Math.floor(i / 2) * network.oneHotSlots + slot] = 1;
  const state = [network.size];
  const session = await InferenceSession.create(
    encodeModel(epochModel(network, binaryHead, { weightDecay: fixture.weightDecay })),
  );
  const result = await session.run({
    numeric: new Tensor('float32', Float32Array.from(fixture.numeric), [rows, fixture.numericColumns]),
    oneHot: new Tensor('uint8', oneHot, [rows, network.oneHotSlots]),
    embedded: new Tensor('int32', Int32Array.from(fixture.embedded), [rows, 2]),
    labels: new Tensor('float32', Float32Array.from(fixture.labels), [rows, 1]),
    rows: new Tensor('int32', index, [batches.length, batch]),
    weights: new Tensor('float32', weights, [batches.length, batch, 1]),
    rates: new Tensor('float32', rates, [batches.length, 3]),
    theta: new Tensor('float32', Float32Array.from(fixture.theta0), state),
    moment1: new Tensor('float32', new Float32Array(network.size), state),
    moment2: new Tensor('float32', new Float32Array(network.size), state),
  });
  await session.release();
  return Object.fromEntries(Object.entries(result).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

const furthest = (found: number[], wanted: number[]): number =>
  Math.max(...wanted.map((value, index) => Math.abs(value - (found[index] ?? Number.NaN))));

test('the gradient of a step equals the one that numpy computes', async () => {
  const first = fixture.batches.slice(0, 1);
  const { moment1_out: moment1 } = await runSteps(
    first,
    adamRates(() => fixture.learningRate, 0, 1),
  );
  const gradient = moment1!.map((value) => value / (1 - 0.9));
  expect(furthest(gradient, fixture.gradient0)).toBeLessThan(1e-6);
  expect(Math.max(...fixture.gradient0.map(Math.abs))).toBeGreaterThan(0.05);
});

test('Adam with weight decay follows the trajectory that numpy computes, over a part-filled batch', async () => {
  const batches = Array.from({ length: fixture.epochs }, () => fixture.batches).flat();
  const result = await runSteps(
    batches,
    adamRates(() => fixture.learningRate, 0, batches.length),
  );
  expect(furthest(result.losses!, fixture.losses)).toBeLessThan(1e-5);
  expect(furthest(result.theta_out!, fixture.theta)).toBeLessThan(1e-4);
  expect(furthest(result.moment1_out!, fixture.moment1)).toBeLessThan(1e-6);
  expect(furthest(result.moment2_out!, fixture.moment2)).toBeLessThan(1e-6);
  expect(furthest(fixture.theta0, fixture.theta)).toBeGreaterThan(0.1);
});

test('an epoch visits each row once, in an order that only seed and epoch decide', () => {
  const plan = planEpoch(10, 4, { seed: 7, epoch: 1, rowWeights: null });
  expect(plan.rows.slice(0, 10).toSorted()).toEqual(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  expect([...plan.counts]).toEqual([4, 4, 2]);
  expect(plan.weights.slice(8)).toEqual(Float32Array.of(0.5, 0.5, 0, 0));
  expect(planEpoch(10, 4, { seed: 7, epoch: 1, rowWeights: null })).toEqual(plan);
  expect(planEpoch(10, 4, { seed: 7, epoch: 2, rowWeights: null }).rows).not.toEqual(plan.rows);
  expect(planEpoch(10, 4, { seed: 8, epoch: 1, rowWeights: null }).rows).not.toEqual(plan.rows);
});

test('a row counts by its weight, wherever it comes', () => {
  const rowWeights = Float64Array.from({ length: 10 }, (_, row) => row / 4.5);
  const { rows, weights, counts } = planEpoch(10, 4, { seed: 7, epoch: 1, rowWeights });
  const expected = Array.from(rows, (row, place) =>
    place < 10 ? rowWeights[row]! / counts[Math.floor(place / 4)]! : 0,
  );
  expect(weights).toEqual(Float32Array.from(expected));
});

test('a batch is never larger than the training set', () => {
  expect(planEpoch(3, 256, { seed: 7, epoch: 1, rowWeights: null })).toMatchObject({ steps: 1, batch: 3 });
});

test.each([
  [1, 16],
  [500, 16],
  [1_400, 16],
  [1_500, 32],
  [2_000, 32],
  [10_000, 128],
  [20_000, 256],
  [1_000_000, 256],
])('%i training rows take %i rows a step where the definition says nothing', (rows, batch) => {
  expect(batchSizeFor(rows)).toBe(batch);
});
