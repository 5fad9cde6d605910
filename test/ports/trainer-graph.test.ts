import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { dataName, hasRole, judgingModel, tuningModel } from '../../ml/finetuning/graphs.ts';
import { planTuning } from '../../ml/finetuning/plan.ts';
import { firstWeights, withoutNames } from '../../ml/finetuning/weights.ts';
import type { Attributes } from '../../ml/onnx/attribute.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';
import { regressionHead } from '../../ml/tasks/regression/head.ts';
import { unscaled } from '../../ml/training/head.ts';
import { probeGraph } from '../../ports/trainer/graph/probe.ts';
import { openSession } from '../../ports/inference/session.ts';
import { dataOf, feedsOf } from '../../ports/trainer/graph/rows.ts';
import { inDouble } from '../onnx/in-double.ts';
import { numbers } from '../support/classes.ts';

const rows = 7;
const random = createRandom(9);
const normal = (size: number): Float32Array => Float32Array.from({ length: size }, () => random.normal());

/** What a case does with 12 numbers a row, which a layer made: other values, and how many a row. */
type Build = (g: GraphBuilder, x: string, node: Node) => readonly [value: string, width: number];
type Node = (opType: string, inputs: readonly string[], attributes?: Attributes) => string;

const ints = (g: GraphBuilder, ...values: number[]): string => g.ints('ints', values);
const of = (value: number) => ({ int: value });
const shaped = (g: GraphBuilder, x: string, ...shape: number[]): string =>
  g.node('Reshape', [x, ints(g, -1, ...shape)]);
const weights = (g: GraphBuilder, ...shape: number[]): string =>
  g.constant('weights', normal(shape.reduce((product, size) => product * size, 1)), shape);
const scalar = (g: GraphBuilder, value: number): string => g.scalar('scalar', value);

/** An operator of one input, of any values. */
const plain =
  (opType: string, attributes: Attributes = {}): Build =>
  (g, x) => [g.node(opType, [x], attributes), 12];
/** Of values above 0.5. */
const positive =
  (opType: string): Build =>
  (g, x) => [g.node(opType, [g.node('Add', [g.node('Abs', [x]), scalar(g, 0.5)])]), 12];
/** A reduction of `[rows, 3, 4]` along the last axis. */
const reduced =
  (opType: string): Build =>
  (g, x, node) => [node(opType, [shaped(g, x, 3, 4), ints(g, -1)], { keepdims: of(0) }), 3];

const cases: Readonly<Record<string, Build>> = {
  Relu: plain('Relu'),
  LeakyRelu: plain('LeakyRelu', { alpha: { float: 0.25 } }),
  Elu: plain('Elu', { alpha: { float: 0.5 } }),
  Sigmoid: plain('Sigmoid'),
  Softplus: plain('Softplus'),
  Tanh: plain('Tanh'),
  Erf: plain('Erf'),
  Gelu: plain('Gelu'),
  'Gelu by tanh': plain('Gelu', { approximate: { string: 'tanh' } }),
  Exp: (g, x) => [g.node('Exp', [g.node('Tanh', [x])]), 12],
  Log: positive('Log'),
  Sqrt: positive('Sqrt'),
  Reciprocal: positive('Reciprocal'),
  Neg: plain('Neg'),
  Identity: plain('Identity'),
  Dropout: plain('Dropout'),
  'Cast to float32': plain('Cast', { to: of(1) }),
  Clip: (g, x) => [g.node('Clip', [x, scalar(g, -0.5), scalar(g, 0.7)]), 12],
  'Clip from above': (g, x) => [g.node('Clip', [x, '', scalar(g, 0.7)]), 12],
  Pow: (g, x) => [g.node('Pow', [x, scalar(g, 2)]), 12],
  'Sub and Div with weights beside': (g, x) => {
    const spread = g.node('Add', [g.node('Abs', [weights(g, 12)]), scalar(g, 1)]);
    return [g.node('Div', [g.node('Sub', [weights(g, 12), x]), spread]), 12];
  },
  'Where by a comparison of what is learnt': (g, x) => {
    const isLess = g.node('Less', [x, scalar(g, 0)]);
    return [g.node('Where', [isLess, g.node('Mul', [x, scalar(g, 3)]), scalar(g, 0.5)]), 12];
  },
  Gemm: (g, x, node) => [
    node('Gemm', [x, weights(g, 3, 12), weights(g, 3)], { transB: of(1), alpha: { float: 0.5 }, beta: { float: 2 } }),
    3,
  ],
  'MatMul of many matrices': (g, x) => [g.node('MatMul', [shaped(g, x, 2, 3, 2), weights(g, 2, 2, 2)]), 12],
  Softmax: (g, x, node) => [node('Softmax', [shaped(g, x, 3, 4)], { axis: of(1) }), 12],
  LogSoftmax: plain('LogSoftmax'),
  ReduceSum: reduced('ReduceSum'),
  ReduceMean: reduced('ReduceMean'),
  ReduceMax: reduced('ReduceMax'),
  ReduceLogSumExp: reduced('ReduceLogSumExp'),
  'ReduceSum over all but the rows, kept': (g, x) => [g.node('ReduceSum', [shaped(g, x, 3, 4), ints(g, 1, 2)]), 1],
  'ReduceSum over nothing': (g, x, node) => [node('ReduceSum', [x], { noop_with_empty_axes: of(1) }), 12],
  LayerNormalization: (g, x) => [
    g.node('LayerNormalization', [shaped(g, x, 3, 4), weights(g, 4), weights(g, 4)], { epsilon: { float: 0.01 } }),
    12,
  ],
  InstanceNormalization: (g, x) => [
    g.node('InstanceNormalization', [shaped(g, x, 3, 4), weights(g, 3), weights(g, 3)]),
    12,
  ],
  BatchNormalization: (g, x) => {
    const variance = g.constant('variance', Float32Array.of(0.5, 1, 2));
    const mean = g.constant('mean', Float32Array.of(0.1, -0.2, 0.3));
    return [g.node('BatchNormalization', [shaped(g, x, 3, 4), weights(g, 3), weights(g, 3), mean, variance]), 12];
  },
  'Transpose, and its default': (g, x, node) => {
    const turned = g.node('Transpose', [shaped(g, x, 3, 4)]);
    return [node('Transpose', [g.node('Tanh', [turned])], { perm: { ints: [2, 0, 1] } }), 12];
  },
  'Flatten, Squeeze and Unsqueeze': (g, x, node) => {
    const wide = g.node('Unsqueeze', [shaped(g, x, 3, 4), ints(g, 1)]);
    return [node('Flatten', [g.node('Squeeze', [wide, ints(g, 1)])], { axis: of(1) }), 12];
  },
  'Expand of a weight to the rows, and Concat': (g, x, node) => {
    const first = node('Slice', [g.node('Shape', [x]), ints(g, 0), ints(g, 1)]);
    const sizes = node('Concat', [first, ints(g, 2, 4)], { axis: of(0) });
    return [node('Concat', [g.node('Expand', [weights(g, 1, 2, 4), sizes]), shaped(g, x, 3, 4)], { axis: of(1) }), 20];
  },
  'Slice from behind': (g, x) => {
    const bounds = [ints(g, -3, 1), ints(g, 2 ** 31, -1), ints(g, 2, 1)];
    return [g.node('Slice', [shaped(g, x, 3, 4), ...bounds]), 3];
  },
  Split: (g, x, node) => {
    const parts = g.multiNode('Split', [shaped(g, x, 3, 4), ints(g, 1, 3)], ['one', 'three'], { axis: of(-1) });
    return [node('Concat', [parts[1]!, node('Tanh', [parts[0]!])], { axis: of(2) }), 12];
  },
  'Split into equal parts': (g, x) => {
    const parts = g.multiNode('Split', [x], ['a', 'b', 'c'], { axis: of(1), num_outputs: of(3) });
    return [g.node('Mul', [parts[0]!, parts[2]!]), 4];
  },
  Pad: (g, x) => [g.node('Pad', [shaped(g, x, 3, 4), ints(g, 0, 1, 0, 0, 0, 2)]), 24],
  'Gather along the last axis': (g, x, node) => [
    node('Gather', [shaped(g, x, 3, 4), ints(g, 3, 0, 3)], { axis: of(2) }),
    9,
  ],
  'Gather of one place': (g, x, node) => {
    const place = g.constant('place', BigInt64Array.of(-1n), []);
    return [node('Gather', [shaped(g, x, 3, 4), place], { axis: of(1) }), 4];
  },
  Attention: (g, x, node) => {
    const q = shaped(g, x, 2, 3, 2);
    return [node('Attention', [q, g.node('Tanh', [q]), q], { scale: { float: 0.7 } }), 12];
  },
  'Conv 1-D': (g, x) => [g.node('Conv', [shaped(g, x, 3, 4), weights(g, 2, 3, 2), weights(g, 2)]), 6],
  'Conv 2-D that keeps the size': (g, x, node) => {
    const same = { auto_pad: { string: 'SAME_UPPER' }, strides: { ints: [1, 2] } };
    return [node('Conv', [shaped(g, x, 1, 3, 4), weights(g, 2, 1, 2, 3)], same), 12];
  },
  'Conv 2-D in groups': (g, x, node) => {
    const attributes = { group: of(3), pads: { ints: [0, 1, 0, 1] }, dilations: { ints: [1, 2] } };
    return [node('Conv', [shaped(g, x, 3, 1, 4), weights(g, 3, 1, 1, 2)], attributes), 12];
  },
  'MaxPool rounded up': (g, x, node) => {
    const attributes = { kernel_shape: { ints: [3] }, strides: { ints: [2] }, ceil_mode: of(1) };
    return [node('MaxPool', [shaped(g, x, 3, 4)], attributes), 6];
  },
  AveragePool: (g, x, node) => {
    const attributes = { kernel_shape: { ints: [2, 2] }, pads: { ints: [1, 0, 0, 1] }, count_include_pad: of(1) };
    return [node('AveragePool', [shaped(g, x, 1, 3, 4)], attributes), 12];
  },
  GlobalAveragePool: (g, x) => [g.node('GlobalAveragePool', [shaped(g, x, 3, 2, 2)]), 3],
  GlobalMaxPool: (g, x) => [g.node('GlobalMaxPool', [shaped(g, x, 3, 2, 2)]), 3],
};

function modelOf(build: Build): ModelProto {
  const g = new GraphBuilder('case');
  const inputs = ['a', 'b', 'c'].map((name) => g.input(name, 'float32', ['batch', 1]));
  const table = g.node('Concat', inputs, { axis: { int: 1 } });
  const x = g.node('Add', [g.node('MatMul', [table, weights(g, 3, 12)]), weights(g, 12)]);
  const [value, width] = build(g, x, (opType, given, attributes = {}) => g.node(opType, given, attributes));
  const flat = g.node('Reshape', [value, g.ints('flat', [-1, width])]);
  const last = g.node('MatMul', [flat, g.constant('last', normal(width), [width, 1])]);
  g.output(g.node('Reshape', [last, g.ints('rows', [-1])]), 'float32', ['batch'], 'prediction');
  return g.model({ opset: 23 });
}

const table = {
  rows,
  inputs: ['a', 'b', 'c'].map(() => ({ type: 'float32' as const, shape: [rows, 1], data: normal(rows) })),
};
const labels = normal(rows);
const counts = Float32Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 1 : 0.5));

const length = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));

describe('the gradient of the weights through', () => {
  test.each(Object.entries(cases))('%s is that of finite differences', async (_, build) => {
    const model = withoutNames(modelOf(build), hasRole);
    const plan = planTuning(model, numbers, [], await probeGraph(model, table, numbers));
    const task = { space: numbers, head: regressionHead, scale: unscaled };
    const theta = firstWeights(plan);
    const data = await dataOf(plan, table);

    const step = await InferenceSession.create(encodeModel(tuningModel(plan, task, 0)), { logSeverityLevel: 3 });
    const still = new Tensor('float32', new Float32Array(plan.size), [plan.size]);
    const { moment1_out: moment } = await step.run({
      ...data,
      labels: new Tensor('float32', labels, [rows, 1]),
      rows: new Tensor(
        'int32',
        Int32Array.from({ length: rows }, (_, row) => row),
        [1, rows],
      ),
      weights: new Tensor('float32', counts, [1, rows, 1]),
      rates: new Tensor('float32', new Float32Array(3), [1, 3]),
      theta: new Tensor('float32', theta, [plan.size]),
      moment1: still,
      moment2: still,
    });
    await step.release();
    // The first moment of Adam after one step.
    const gradient = Array.from(moment!.data as Float32Array, (value) => value / 0.1);

    const judging = judgingModel(plan, task);
    const wide = inDouble(judging);
    const session = await InferenceSession.create(encodeModel(wide ?? judging), { logSeverityLevel: 3 });
    const tensor = (values: Iterable<number>, ...shape: number[]): Tensor =>
      wide === null
        ? new Tensor('float32', Float32Array.from(values), shape)
        : new Tensor('float64', Float64Array.from(values), shape);
    const { data: numbersOfRows, dims } = data[dataName(0)]!;
    const feeds = {
      [dataName(0)]: tensor(numbersOfRows as Float32Array, ...dims),
      labels: tensor(labels, rows, 1),
      weights: tensor(counts, rows, 1),
    };
    const lossAt = async (at: number, by: number): Promise<number> => {
      const moved = Float64Array.from(theta);
      moved[at]! += by;
      return Number((await session.run({ ...feeds, theta: tensor(moved, plan.size) })).loss!.data[0]);
    };
    const answers = await openSession(encodeModel(model));
    const { prediction } = await answers.run(feedsOf(model, table, [...labels.keys()]));
    await answers.release();
    const losses = Array.from(
      prediction!.data as Float32Array,
      (value, row) => counts[row]! * (value - labels[row]!) ** 2,
    );
    const whole = losses.reduce((sum, loss) => sum + loss, 0);
    expect((await lossAt(0, 0)) / whole, "the graph's own loss").toBeCloseTo(1, 4);
    const size = wide === null ? 0.01 : 1e-5;
    const expected: number[] = [];
    for (const at of theta.keys()) expected.push(((await lossAt(at, size)) - (await lossAt(at, -size))) / (2 * size));
    await session.release();
    expect(gradient).toHaveLength(expected.length);
    expect(length(expected)).toBeGreaterThan(0.1);
    const error = length(gradient.map((value, at) => value - expected[at]!)) / length(expected);
    expect(error).toBeLessThan(wide === null ? 0.01 : 1e-5);
  });
});

test('weight decay is for the matrices of layers', async () => {
  const model = withoutNames(modelOf(cases.LayerNormalization!), hasRole);
  const plan = planTuning(model, numbers, [], await probeGraph(model, table, numbers));
  const task = { space: numbers, head: regressionHead, scale: unscaled };
  const theta = firstWeights(plan);
  const session = await InferenceSession.create(encodeModel(tuningModel(plan, task, 0.5)), { logSeverityLevel: 3 });
  const zeros = new Tensor('float32', new Float32Array(plan.size), [plan.size]);
  const { theta_out: after } = await session.run({
    ...(await dataOf(plan, table)),
    labels: new Tensor('float32', labels, [rows, 1]),
    rows: new Tensor('int32', Int32Array.of(0), [1, 1]),
    weights: new Tensor('float32', Float32Array.of(1), [1, 1, 1]),
    // Adam itself moves nothing.
    rates: new Tensor('float32', Float32Array.of(0, 1, 0.1), [1, 3]),
    theta: new Tensor('float32', theta, [plan.size]),
    moment1: zeros,
    moment2: zeros,
  });
  await session.release();
  const shares = plan.weights.map(({ offset }) => (after!.data as Float32Array)[offset]! / theta[offset]!);
  expect(plan.weights.map(({ shape }) => shape)).toEqual([[3, 12], [12], [4], [4], [12, 1]]);
  for (const [at, share] of [0.95, 1, 1, 1, 0.95].entries()) expect(shares[at]).toBeCloseTo(share, 5);
});
