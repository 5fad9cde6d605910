import { add, divide, multiply, power, subtract } from '../../ml/onnx/autodiff/arithmetic.ts';
import { concat, gather, reshape, slice, transpose } from '../../ml/onnx/autodiff/arrange.ts';
import { attention } from '../../ml/onnx/autodiff/attention.ts';
import { convolve } from '../../ml/onnx/autodiff/convolve.ts';
import { erf, exp, gelu, log, relu, sigmoid, softplus, sqrt, tanh } from '../../ml/onnx/autodiff/elementwise.ts';
import { gemm, matmul } from '../../ml/onnx/autodiff/linear.ts';
import { crossEntropy, huber, pairwise, pinball } from '../../ml/onnx/autodiff/losses.ts';
import { averagePool, maxPool } from '../../ml/onnx/autodiff/pool.ts';
import { logSoftmax, logSumExp, meanOver, softmax, sumOver } from '../../ml/onnx/autodiff/reduce.ts';
import { standardize } from '../../ml/onnx/autodiff/standardize.ts';
import type { Tape, Value } from '../../ml/onnx/autodiff/tape.ts';

/** An operation of the inputs of its case in test/fixtures/autodiff/gradients.json, in their order. */
export type Operation = (tape: Tape, ...inputs: [Value, Value, Value, ...Value[]]) => Value;

const normalize = (tape: Tape, x: Value, axes: number[], scale: Value, shift: Value): Value =>
  add(tape, multiply(tape, standardize(tape, x, axes).value, scale), shift);

const column = (tape: Tape, x: Value): Value => reshape(tape, x, [Number(x.shape[0]), 1, 1]);

/** As `cnn` of the script that makes the fixture. */
const convolutional: Operation = (tape, x, w1, b1, ...rest) => {
  const [w2, b2, w3, b3] = rest as [Value, Value, Value, Value];
  const first = relu(tape, convolve(tape, x, w1, b1, { pads: [1, 1, 1, 1] }));
  const pooled = maxPool(tape, first, [2, 2], { strides: [2, 2] });
  const second = averagePool(tape, tanh(tape, convolve(tape, pooled, w2, b2, { groups: 2 })), [2, 2], {
    strides: [2, 2],
  });
  return logSoftmax(tape, gemm(tape, reshape(tape, second, [2, 16]), w3, b3));
};

/** As `transformer` of the script that makes the fixture. */
const transformer: Operation = (tape, x, wq, wk, ...rest) => {
  const [wv, wo, s1, c1, w1, b1, w2, b2, s2, c2] = rest as [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const before = normalize(tape, x, [-1], s1, c1);
  const heads = (w: Value): Value =>
    transpose(tape, reshape(tape, matmul(tape, before, w), [2, 4, 2, 3]), [0, 2, 1, 3]);
  const mixed = transpose(tape, attention(tape, heads(wq), heads(wk), heads(wv)), [0, 2, 1, 3]);
  const middle = add(tape, x, matmul(tape, reshape(tape, mixed, [2, 4, 6]), wo));
  const inner = gelu(tape, add(tape, matmul(tape, normalize(tape, middle, [-1], s2, c2), w1), b1));
  return add(tape, middle, add(tape, matmul(tape, inner, w2), b2));
};

export const operations: Readonly<Record<string, Operation>> = {
  gemm: (tape, x, w, b) => gemm(tape, x, w, b),
  'matmul of a batch by one matrix': matmul,
  'matmul of two batches': matmul,
  'matmul of batches that broadcast': matmul,
  'matmul of one matrix by a batch': matmul,
  'add with a repeated column': add,
  'subtract with a repeated row': subtract,
  'multiply with a missing axis': multiply,
  'divide with a missing axis': divide,
  'divide by a column': divide,
  'a value that is used twice': (tape, x) => multiply(tape, add(tape, x, x), sigmoid(tape, x)),
  'power 3': (tape, x) => power(tape, x, 3),
  'power -0.5': (tape, x) => power(tape, x, -0.5),
  relu,
  sigmoid,
  softplus,
  tanh,
  erf,
  gelu,
  exp,
  log,
  sqrt,
  transpose: (tape, x) => transpose(tape, x, [2, 0, 1]),
  'concat by columns': (tape, x, c) => concat(tape, [x, c, x]),
  'concat by rows': (tape, x, y) => concat(tape, [x, y], 0),
  slice: (tape, x) => slice(tape, x, 1, 1, 4),
  'rows of a table that repeat': (tape, t) => {
    const rows = tape.graph.constant('rows', BigInt64Array.of(0n, 5n, 5n, 2n), [2, 2]);
    return reshape(tape, gather(tape, t, tape.given(rows, [2, 2])), [2, 6]);
  },
  'sum over axes': (tape, x) => sumOver(tape, x, [0, -1]),
  'mean over an axis': (tape, x) => meanOver(tape, x, [1]),
  'log-sum-exp': logSumExp,
  softmax: (tape, x) => softmax(tape, x),
  'softmax of the first axis': (tape, x) => softmax(tape, x, 0),
  'log-softmax': (tape, x) => logSoftmax(tape, x),
  'cross-entropy': crossEntropy,
  'layer normalization': (tape, x, s, b) => normalize(tape, x, [-1], s, b),
  'batch normalization': (tape, x, s, b) => normalize(tape, x, [0], s, b),
  'batch normalization of pictures': (tape, x, s, b) => normalize(tape, x, [0, 2, 3], column(tape, s), column(tape, b)),
  'batch normalization by weights': (tape, x, w) => {
    const shares = divide(tape, w, sumOver(tape, w, [0]));
    return standardize(tape, x, [0], { shares }).value;
  },
  'convolution 1-D': (tape, x, w, b) => convolve(tape, x, w, b),
  'convolution 1-D with strides, pads, dilations and groups': (tape, x, w, b) =>
    convolve(tape, x, w, b, { strides: [3], pads: [2, 1], dilations: [2], groups: 2 }),
  'convolution 2-D': (tape, x, w, b) => convolve(tape, x, w, b),
  'convolution 2-D with strides, pads, dilations and groups': (tape, x, w) =>
    convolve(tape, x, w, null, { strides: [2, 3], pads: [2, 1, 1, 0], dilations: [2, 1], groups: 2 }),
  'convolution 2-D of each channel by itself': (tape, x, w) =>
    convolve(tape, x, w, null, { strides: [2, 2], pads: [1, 1, 1, 1], groups: 3 }),
  'max pooling 1-D': (tape, x) => maxPool(tape, x, [3], { strides: [2], pads: [1, 1] }),
  'max pooling 2-D whose windows overlap': (tape, x) =>
    maxPool(tape, x, [3, 2], { strides: [2, 1], pads: [1, 0, 1, 0] }),
  'average pooling 1-D': (tape, x) => averagePool(tape, x, [3], { strides: [2], pads: [1, 1] }),
  'average pooling 2-D': (tape, x) => averagePool(tape, x, [3, 2], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  'average pooling 2-D that counts pads': (tape, x) =>
    averagePool(tape, x, [3, 2], { strides: [2, 1], pads: [1, 0, 1, 0], countPads: true }),
  attention: (tape, q, k, v) => attention(tape, q, k, v),
  'attention with a mask': (tape, q, k, v, mask) => attention(tape, q, k, v, mask),
  huber: (tape, e) => huber(tape, e, 0.7),
  pinball,
  pairwise,
  'a convolutional network': convolutional,
  'a transformer block': transformer,
};
