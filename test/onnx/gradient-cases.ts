import * as arithmetic from '../../ml/onnx/autodiff/arithmetic.ts';
import * as arrange from '../../ml/onnx/autodiff/arrange.ts';
import { attention } from '../../ml/onnx/autodiff/attention.ts';
import { conv } from '../../ml/onnx/autodiff/convolution.ts';
import * as elementwise from '../../ml/onnx/autodiff/elementwise.ts';
import { gelu } from '../../ml/onnx/autodiff/gelu.ts';
import { gemm, matmul } from '../../ml/onnx/autodiff/linear.ts';
import { crossEntropy, huber, pairwise, pinball } from '../../ml/onnx/autodiff/losses.ts';
import { batchNorm, instanceNorm, layerNorm } from '../../ml/onnx/autodiff/normalize.ts';
import { averagePool, maxPool } from '../../ml/onnx/autodiff/pooling.ts';
import * as reduce from '../../ml/onnx/autodiff/reduce.ts';
import { logSoftmax, softmax } from '../../ml/onnx/autodiff/softmax.ts';
import { standardize } from '../../ml/onnx/autodiff/standardize.ts';
import type { Tape, Value } from '../../ml/onnx/autodiff/tape.ts';
import type { Window } from '../../ml/onnx/autodiff/window.ts';

/** What is computed from the inputs of a case, by their names in gradients.json. */
export type Compute = (tape: Tape, inputs: Readonly<Record<string, Value>>) => Value;

const { add, divide, multiply, power, subtract, where } = arithmetic;
const { concat, expand, gather, pad, reshape, slice, transpose } = arrange;
const { relu, sigmoid } = elementwise;

/** Of one input, by any name. */
const one =
  (of: (tape: Tape, x: Value) => Value): Compute =>
  (tape, inputs) =>
    of(tape, Object.values(inputs)[0]!);

const number = (tape: Tape, value: number): Value => tape.constant('number', [value], []);

const window1 = (over: Partial<Window> = {}): Window => ({
  kernel: [1],
  strides: [1],
  dilations: [1],
  pads: [0, 0],
  ...over,
});
const window2 = (over: Partial<Window> = {}): Window => ({
  kernel: [1, 1],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [0, 0, 0, 0],
  ...over,
});
const epsilon = 1e-5;

const byKeptStatistics: Compute = (tape, { x, scale, bias, given_mean: mean, given_variance: variance }) =>
  batchNorm(tape, x!, { scale: scale!, bias: bias!, mean: mean!, variance: variance!, epsilon });

const entropyOf = (tape: Tape, logits: Value, labels: Value): Value => {
  const asFloat = tape.given(tape.graph.node('Cast', [labels.name], { to: { int: 1 } }), labels.shape);
  return reduce.sum(tape, crossEntropy(tape, logits, arrange.oneHot(tape, asFloat, Number(logits.shape[1]))));
};

const smallCnn: Compute = (tape, v) => {
  const statistics = { mean: v.given_mean!, variance: v.given_variance!, epsilon };
  const first = conv(tape, { x: v.x!, w: v.c1!, b: v.b1 }, window2({ pads: [1, 1, 1, 1] }), 1);
  const normal = batchNorm(tape, first, { scale: v.scale!, bias: v.shift!, ...statistics });
  const pooled = maxPool(tape, relu(tape, normal), window2({ kernel: [2, 2], strides: [2, 2] }), 'floor');
  const second = conv(tape, { x: pooled, w: v.c2! }, window2({ pads: [1, 1, 1, 1], strides: [2, 2] }), 2);
  const flat = reduce.mean(tape, relu(tape, second), { axes: [2, 3] });
  return entropyOf(tape, gemm(tape, flat, v.w!, v.b), v.labels!);
};

const transformerBlock: Compute = (tape, v) => {
  const [n, t, d] = [2, 3, 4];
  const normal = (x: Value, scale: Value, bias: Value): Value => layerNorm(tape, x, { scale, bias, axis: -1, epsilon });
  const words = add(tape, gather(tape, v.table!, v.rows!), v.places!);
  const all = matmul(tape, normal(words, v.n1!, v.o1!), v.qkv!);
  const [q, k, value] = [0, 1, 2].map((part) => {
    const own = slice(tape, all, [{ axis: 2, start: part * d, end: (part + 1) * d }]);
    return transpose(tape, reshape(tape, own, [n, t, 2, d / 2]), [0, 2, 1, 3]);
  });
  const seen = attention(tape, { q: q!, k: k!, v: value! }, 1 / Math.sqrt(d / 2));
  const joined = reshape(tape, transpose(tape, seen, [0, 2, 1, 3]), [n, t, d]);
  const x = add(tape, words, matmul(tape, joined, v.out!));
  const wide = gelu(tape, add(tape, matmul(tape, normal(x, v.n2!, v.o2!), v.up!), v.upb!), 'none');
  const y = add(tape, x, matmul(tape, wide, v.down!));
  return logSoftmax(tape, matmul(tape, reduce.mean(tape, y, { axes: [1] }), transpose(tape, v.table!, [1, 0])), 1);
};

export const gradientCases: Readonly<Record<string, Compute>> = {
  'add with a repeated column': (tape, { x, c }) => add(tape, x!, c!),
  'subtract with a repeated row': (tape, { s, c }) => subtract(tape, s!, c!),
  'multiply with a missing axis': (tape, { x, b }) => multiply(tape, x!, b!),
  'divide with a repeated column': (tape, { x, c }) => divide(tape, x!, c!),
  'power 3': one((tape, x) => power(tape, x, number(tape, 3))),
  'power by a vector': (tape, { x, given_p: p }) => power(tape, x!, p!),
  where: (tape, { condition, a, b }) => where(tape, condition!, a!, b!),
  'a value that is used twice': one((tape, x) => multiply(tape, add(tape, x, x), sigmoid(tape, x))),
  relu: one(relu),
  'leaky relu': one((tape, x) => elementwise.leakyRelu(tape, x, 0.2)),
  elu: one((tape, x) => elementwise.elu(tape, x, 1.5)),
  sigmoid: one(sigmoid),
  softplus: one(elementwise.softplus),
  tanh: one(elementwise.tanh),
  exp: one(elementwise.exp),
  log: one(elementwise.log),
  sqrt: one(elementwise.sqrt),
  reciprocal: one(elementwise.reciprocal),
  negate: one(elementwise.negate),
  absolute: one(elementwise.absolute),
  erf: one(elementwise.erf),
  clip: one((tape, x) => elementwise.clip(tape, x, number(tape, -1.05), number(tape, 1.05))),
  'clip from below': one((tape, x) => elementwise.clip(tape, x, number(tape, 0.05))),
  gelu: one((tape, x) => gelu(tape, x, 'none')),
  'gelu by tanh': one((tape, x) => gelu(tape, x, 'tanh')),
  gemm: (tape, { x, w, b }) => gemm(tape, x!, w!, b),
  'gemm of transposed matrices': (tape, { x, w, b }) =>
    gemm(tape, x!, w!, b, { transA: true, transB: true, alpha: 0.5, beta: 2 }),
  'gemm of a transposed left matrix': (tape, { x, w }) => gemm(tape, x!, w!, undefined, { transA: true }),
  'gemm of a transposed right matrix': (tape, { x, w }) => gemm(tape, x!, w!, undefined, { transB: true }),
  matmul: (tape, { input, other }) => matmul(tape, input!, other!),
  'matmul of matrices by one': (tape, { input, other }) => matmul(tape, input!, other!),
  'matmul by many matrices': (tape, { input, other }) => matmul(tape, input!, other!),
  'matmul of one by many': (tape, { input, other }) => matmul(tape, input!, other!),
  'concat along the last axis': (tape, { a, b }) => concat(tape, [a!, b!, a!], -1),
  'concat along the first axis': (tape, { a, b }) => concat(tape, [a!, b!], 0),
  'slice of two axes': one((tape, x) =>
    slice(tape, x, [
      { axis: 1, start: 1, end: 3 },
      { axis: 2, start: 2, end: 5 },
    ]),
  ),
  pad: one((tape, x) =>
    pad(tape, x, [
      { axis: 0, before: 0, after: 1 },
      { axis: 1, before: 1, after: 2 },
    ]),
  ),
  reshape: one((tape, x) => reshape(tape, x, [2, 6])),
  transpose: one((tape, x) => transpose(tape, x, [2, 0, 1])),
  expand: one((tape, x) => expand(tape, x, tape.given(tape.graph.ints('sizes', [2, 4, 3]), [3]), [2, 4, 3])),
  'an embedding whose rows repeat': (tape, { table, rows }) => gather(tape, table!, rows!),
  'gather of matrices': (tape, { table, rows }) => gather(tape, table!, rows!),
  sum: one(reduce.sum),
  'sum over axes': one((tape, x) => reduce.sum(tape, x, { axes: [0, -1] })),
  'mean over axes that stay': one((tape, x) => reduce.mean(tape, x, { axes: [1, 2], keep: true })),
  mean: one(reduce.mean),
  'max over an axis': one((tape, x) => reduce.max(tape, x, { axes: [1] })),
  'log of the sum of exponentials': one((tape, x) => reduce.logSumExp(tape, x)),
  softmax: one((tape, x) => softmax(tape, x, 1)),
  'log-softmax': one((tape, x) => logSoftmax(tape, x, -1)),
  'layer normalization': (tape, { x, scale, bias }) => layerNorm(tape, x!, { scale: scale!, bias, axis: -1, epsilon }),
  'layer normalization over two axes': (tape, { x, scale }) =>
    layerNorm(tape, x!, { scale: scale!, bias: undefined, axis: 1, epsilon }),
  'instance normalization': (tape, { x, scale, bias }) =>
    instanceNorm(tape, x!, { scale: scale!, bias: bias!, epsilon }),
  'batch normalization by kept statistics': byKeptStatistics,
  'batch normalization of columns by kept statistics': byKeptStatistics,
  'batch normalization by the batch': (tape, { x, scale, bias }) => {
    const wide = (value: Value): Value => reshape(tape, value, [3, 1]);
    const { value } = standardize(tape, x!, [0, 2], { epsilon });
    return add(tape, multiply(tape, value, wide(scale!)), wide(bias!));
  },
  'conv 1-D': (tape, { x, w, b }) => conv(tape, { x: x!, w: w!, b }, window1(), 1),
  'conv 1-D, strides, pads and dilations': (tape, { x, w }) =>
    conv(tape, { x: x!, w: w! }, window1({ strides: [2], pads: [2, 2], dilations: [2] }), 1),
  'conv 2-D': (tape, { x, w, b }) => conv(tape, { x: x!, w: w!, b }, window2({ pads: [1, 1, 1, 1] }), 1),
  'conv 2-D, strides that leave a rest': (tape, { x, w, b }) =>
    conv(tape, { x: x!, w: w!, b }, window2({ strides: [2, 3], pads: [1, 0, 1, 0] }), 1),
  'conv 2-D in groups with dilations': (tape, { x, w, b }) =>
    conv(tape, { x: x!, w: w!, b }, window2({ pads: [1, 1, 1, 1], dilations: [1, 2] }), 2),
  'conv 2-D of each channel': (tape, { x, w }) =>
    conv(tape, { x: x!, w: w! }, window2({ strides: [2, 2], pads: [1, 1, 1, 1] }), 3),
  'conv 2-D with other pads behind': (tape, { x, w }) =>
    conv(tape, { x: x!, w: w! }, window2({ strides: [2, 2], pads: [1, 0, 2, 1] }), 1),
  'max pooling 1-D': one((tape, x) => maxPool(tape, x, window1({ kernel: [3], strides: [2], pads: [1, 1] }), 'floor')),
  'max pooling 2-D': one((tape, x) =>
    maxPool(tape, x, window2({ kernel: [2, 3], strides: [2, 2], pads: [1, 1, 1, 1] }), 'floor'),
  ),
  'max pooling 2-D, rounded up': one((tape, x) =>
    maxPool(tape, x, window2({ kernel: [2, 2], strides: [2, 2] }), 'ceil'),
  ),
  'average pooling 1-D': one((tape, x) => averagePool(tape, x, window1({ kernel: [2], strides: [2] }), false)),
  'average pooling 2-D over the padding': one((tape, x) =>
    averagePool(tape, x, window2({ kernel: [2, 3], strides: [2, 2], pads: [1, 1, 1, 1] }), true),
  ),
  'average pooling 2-D without the padding': one((tape, x) =>
    averagePool(tape, x, window2({ kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }), false),
  ),
  attention: (tape, { q, k, v }) => attention(tape, { q: q!, k: k!, v: v! }, 0.5),
  'attention with a mask': (tape, { q, k, v, given_mask: mask }) => attention(tape, { q: q!, k: k!, v: v!, mask }, 0.5),
  'Huber loss': one((tape, x) => huber(tape, x, 0.7)),
  'pinball loss': (tape, { x, given_labels: labels }) => pinball(tape, x!, labels!, [0.1, 0.5, 0.9]),
  'pairwise loss': (tape, { x, given_labels: labels, given_queries: queries }) => pairwise(tape, x!, labels!, queries!),
  'softmax cross-entropy': (tape, { x, labels }) => entropyOf(tape, x!, labels!),
  'a small CNN': smallCnn,
  'a transformer block with a tied table': transformerBlock,
};
