import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';
import { binaryHead } from '../../ml/tasks/binary/head.ts';
import { multiclassHead } from '../../ml/tasks/multiclass/head.ts';
import { Tape } from '../../ml/onnx/autodiff/tape.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { designNetwork } from '../../ml/training/architecture.ts';
import { balancedWeights } from '../../ml/training/balance.ts';
import { dropoutScale, drawKept } from '../../ml/training/dropout.ts';
import { epochModel } from '../../ml/training/epoch-graph.ts';
import { evaluationModel } from '../../ml/training/evaluation-graph.ts';
import { foldedDesign, foldedParameters } from '../../ml/training/fold-normalization.ts';
import { memberSeed } from '../../ml/training/members.ts';
import { adamRates, rateAt, statisticsMomenta, type EpochPlan } from '../../ml/training/plan.ts';

interface Case extends Record<
  'numeric' | 'labels' | 'theta0' | 'kept' | 'losses' | 'norms' | 'theta' | 'logits',
  number[]
> {
  normalization: 'batch' | 'layer';
  dropout: number;
  clip: number;
  labelSmoothing: number;
}

// Made by test/fixtures/training/make_options.py with PyTorch, in double precision.
const fixture = JSON.parse(readFileSync(new URL('../fixtures/training/options.json', import.meta.url), 'utf8')) as {
  rows: number;
  inputs: number;
  hidden: number[];
  batches: number[][];
  batch: number;
  learningRate: number;
  weightDecay: number;
  rowWeights: number[];
  cases: Case[];
};

const { rows, inputs, hidden, batches, batch, learningRate, weightDecay, rowWeights } = fixture;
const numeric = Array.from({ length: inputs }, (_, i) => ({
  name: `n${i}`,
  mean: 0,
  deviation: 1,
  marked: false,
  tails: null,
}));
const designOf = ({ normalization, dropout }: Pick<Case, 'normalization' | 'dropout'>) =>
  designNetwork(
    { hidden, normalization, residual: true, dropout },
    { inputs: [], numeric, oneHot: [], embedded: [], embedWidth: 0 },
    1,
  );

/** The batches of the fixture, as an epoch has them. */
function plan(): EpochPlan {
  const index = new Int32Array(batches.length * batch);
  const weights = new Float32Array(batches.length * batch);
  for (const [step, members] of batches.entries()) {
    index.set(members, step * batch);
    for (const [place, row] of members.entries()) weights[step * batch + place] = rowWeights[row]! / members.length;
  }
  return {
    steps: batches.length,
    batch,
    rows: index,
    weights,
    counts: Int32Array.from(batches, ({ length }) => length),
  };
}

const furthest = (found: ArrayLike<number>, wanted: readonly number[]): number =>
  Math.max(...wanted.map((value, index) => Math.abs(value - (found[index] ?? Number.NaN))));

const floats = (values: readonly number[], dims: number[]) => new Tensor('float32', Float32Array.from(values), dims);

describe.each(fixture.cases)('a residual network with $normalization normalization, as PyTorch trains it', (wanted) => {
  const network = designOf(wanted);

  async function trained() {
    const { labelSmoothing, clip } = wanted;
    const model = epochModel(network, binaryHead, { weightDecay, clip, labelSmoothing });
    const session = await InferenceSession.create(encodeModel(model));
    const steps = plan();
    const zeros = () => new Tensor('float32', new Float32Array(network.trained), [network.trained]);
    const result = await session.run({
      numeric: floats(wanted.numeric, [rows, inputs]),
      labels: floats(wanted.labels, [rows, 1]),
      rows: new Tensor('int32', steps.rows, [steps.steps, batch]),
      weights: new Tensor('float32', steps.weights, [steps.steps, batch, 1]),
      rates: new Tensor(
        'float32',
        adamRates(() => learningRate, 0, steps.steps),
        [steps.steps, 3],
      ),
      kept: new Tensor('uint8', Uint8Array.from(wanted.kept), [steps.steps, batch, 14]),
      ...(wanted.normalization === 'batch' && {
        momenta: new Tensor('float32', statisticsMomenta(steps), [steps.steps]),
      }),
      theta: floats(wanted.theta0, [network.size]),
      moment1: zeros(),
      moment2: zeros(),
    });
    await session.release();
    return { theta: result.theta_out!.data as Float32Array, losses: result.losses!.data as Float32Array };
  }

  test('has the same losses and parameters, where dropout, clipping, smoothing and row weights play a part', async () => {
    const { theta, losses } = await trained();
    expect(network.size).toBe(wanted.theta.length);
    expect(furthest(losses, wanted.losses)).toBeLessThan(1e-5);
    expect(furthest(theta, wanted.theta)).toBeLessThan(2e-4);
    expect(furthest(wanted.theta0, wanted.theta)).toBeGreaterThan(0.1);
    if (wanted.normalization === 'batch') expect(Math.min(...wanted.norms)).toBeGreaterThan(wanted.clip);
  });

  test('predicts without dropout, and by running statistics', async () => {
    const theta = foldedParameters(network, Float32Array.from(wanted.theta));
    const session = await InferenceSession.create(encodeModel(evaluationModel(foldedDesign(network), binaryHead)));
    const { logits } = await session.run({
      numeric: floats(wanted.numeric, [rows, inputs]),
      labels: floats(wanted.labels, [rows, 1]),
      weights: floats(
        Array.from({ length: rows }, () => 1),
        [rows, 1],
      ),
      theta: new Tensor('float32', theta, [theta.length]),
    });
    await session.release();
    expect(furthest(logits!.data as Float32Array, wanted.logits)).toBeLessThan(1e-5);
  });
});

test('a share of the values is dropped, and the mean stays what it was', () => {
  const kept = drawKept(createRandom(1), 100_001, 0.3);
  const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
  expect(Math.abs(mean - 0.7)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / kept.length));
  expect(mean * dropoutScale(0.3)).toBeCloseTo(1, 1);
  expect(drawKept(createRandom(1), 100_001, 0.3)).toEqual(kept);
  expect(drawKept(createRandom(2), 100_001, 0.3)).not.toEqual(kept);
});

test('the step size rises over the warm-up, then stays or falls along half a cosine', () => {
  const at = (schedule: 'constant' | 'cosine', warmup: number) => (t: number) =>
    rateAt({ learningRate: 2, schedule, warmup }, t, 100);
  expect([1, 50, 100].map(at('constant', 0))).toEqual([2, 2, 2]);
  expect([1, 5, 10, 11, 100].map(at('constant', 0.1))).toEqual([0.2, 1, 2, 2, 2]);
  const cosine = at('cosine', 0.2);
  expect([10, 20].map(cosine)).toEqual([1, 2]);
  expect(cosine(60.5)).toBeCloseTo(1, 12);
  expect(cosine(100)).toBeGreaterThan(0);
  expect(cosine(100)).toBeLessThan(0.001);
});

test('running statistics move less by a batch of fewer rows, or of less weight', () => {
  const momenta = statisticsMomenta(plan());
  const sums = batches.map((members) => members.reduce((sum, row) => sum + rowWeights[row]!, 0));
  expect(
    furthest(
      momenta,
      sums.map((sum) => 0.1 * Math.min(1, sum / batch)),
    ),
  ).toBeLessThan(1e-7);
});

test('balanced classes weigh the same together, and validation rows get the factors of the training', () => {
  const weights = { trainWeights: Float64Array.of(1, 1, 2, 2), validationWeights: null };
  const labels = { trainLabels: Float64Array.of(0, 0, 0, 1), validationLabels: Float64Array.of(1, 0, 2) };
  const balanced = balancedWeights({ ...weights, ...labels });
  expect(balanced.trainWeights).toEqual(Float64Array.of(0.75, 0.75, 1.5, 3));
  expect(balanced.validationWeights).toEqual(Float64Array.of(1.5, 0.75, 1));
});

test('smoothed labels of three classes give the cross-entropy with the mixture', async () => {
  const g = new GraphBuilder('loss');
  const tape = new Tape(g);
  const given = (name: string, width: number) => tape.given(g.input(name, 'float32', [2, width]), [2, width]);
  const loss = multiclassHead.loss(tape, given('logits', 3), given('labels', 1), given('weights', 1), 0.3);
  g.output(loss.name, 'float32', [], 'loss');
  const session = await InferenceSession.create(encodeModel(g.model()));
  const logits = [0.2, -1, 0.5, 2, 0.1, -0.3];
  const found = await session.run({
    logits: floats(logits, [2, 3]),
    labels: floats([2, 0], [2, 1]),
    weights: floats([1, 0.5], [2, 1]),
  });
  await session.release();
  const wanted = [2, 0].reduce((sum, label, row) => {
    const z = logits.slice(row * 3, row * 3 + 3);
    const whole = Math.log(z.reduce((total, value) => total + Math.exp(value), 0));
    const entropy = z.reduce((total, value, k) => total - (0.1 + (k === label ? 0.7 : 0)) * (value - whole), 0);
    return sum + [1, 0.5][row]! * entropy;
  }, 0);
  expect(Number(found.loss!.data[0])).toBeCloseTo(wanted, 5);
});

test('networks of one training have seeds of their own', () => {
  const seeds = Array.from({ length: 8 }, (_, member) => memberSeed(7, member));
  expect(seeds[0]).toBe(7);
  expect(new Set(seeds).size).toBe(8);
  expect(memberSeed(8, 1)).not.toBe(seeds[1]);
});
