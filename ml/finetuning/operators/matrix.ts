import { floatAttribute, intAttribute } from '../../onnx/attribute.ts';
import { attention } from '../../onnx/autodiff/attention.ts';
import { conv } from '../../onnx/autodiff/convolution.ts';
import { gemm, matmul } from '../../onnx/autodiff/linear.ts';
import { batchNorm, instanceNorm, layerNorm } from '../../onnx/autodiff/normalize.ts';
import type { Value } from '../../onnx/autodiff/tape.ts';
import { given, type NodeToRead, type Operators } from './operator.ts';
import { windowOf } from './windows.ts';

const epsilonOf = ({ node }: NodeToRead): number => floatAttribute(node, 'epsilon', 1e-5);

/** Layers with weights. */
export const layerOperators: Operators = {
  Gemm: {
    read: (node) =>
      gemm(node.tape, given(node, 0), given(node, 1), node.inputs[2], {
        transA: intAttribute(node.node, 'transA', 0) !== 0,
        transB: intAttribute(node.node, 'transB', 0) !== 0,
        alpha: floatAttribute(node.node, 'alpha', 1),
        beta: floatAttribute(node.node, 'beta', 1),
      }),
    weights: [0, 1, 2],
  },
  MatMul: { read: (node) => matmul(node.tape, given(node, 0), given(node, 1)), weights: [0, 1] },
  Conv: {
    read: (node) => {
      const [x, w] = [given(node, 0), given(node, 1)];
      const window = windowOf(node.node, x, w.shape.slice(2).map(Number));
      return conv(node.tape, { x, w, b: node.inputs[2] }, window, intAttribute(node.node, 'group', 1));
    },
    weights: [1, 2],
  },
  LayerNormalization: {
    read: (node) =>
      layerNorm(node.tape, given(node, 0), {
        scale: given(node, 1),
        bias: node.inputs[2],
        axis: intAttribute(node.node, 'axis', -1),
        epsilon: epsilonOf(node),
      }),
    weights: [1, 2],
  },
  InstanceNormalization: {
    read: (node) =>
      instanceNorm(node.tape, given(node, 0), {
        scale: given(node, 1),
        bias: given(node, 2),
        epsilon: epsilonOf(node),
      }),
    weights: [1, 2],
  },
  BatchNormalization: {
    read: (node) => {
      if (intAttribute(node.node, 'training_mode', 0) !== 0)
        throw new RangeError('BatchNormalization is in its training mode: export the model for inference');
      const [scale, bias, mean, variance] = [given(node, 1), given(node, 2), given(node, 3), given(node, 4)];
      return batchNorm(node.tape, given(node, 0), { scale, bias, mean, variance, epsilon: epsilonOf(node) });
    },
    through: [0, 1, 2],
    weights: [1, 2],
  },
  Attention: { read: attend, through: [0, 1, 2] },
};

function attend(node: NodeToRead): Value {
  const [q, k, v, mask, ...past] = node.inputs;
  const has = (name: string): boolean => intAttribute(node.node, name, 0) !== 0;
  const [heads, keyHeads] = [q, k].map((value) => value?.shape[1]);
  if (
    has('is_causal') ||
    floatAttribute(node.node, 'softcap', 0) !== 0 ||
    node.node.output.slice(1).some((name) => name !== '') ||
    past.some((value) => value !== undefined) ||
    q?.shape.length !== 4 ||
    heads !== keyHeads
  )
    throw new RangeError('Attention has a form without a gradient here: export the model with an opset below 23');
  const scale = floatAttribute(node.node, 'scale', 1 / Math.sqrt(Number(q.shape[3])));
  return attention(node.tape, { q, k: given(node, 1), v: v ?? given(node, 2), mask }, scale);
}
