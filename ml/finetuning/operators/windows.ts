import { intAttribute, intsAttribute, textAttribute } from '../../onnx/attribute.ts';
import { averagePool, maxPool } from '../../onnx/autodiff/pooling.ts';
import { max, mean } from '../../onnx/autodiff/reduce.ts';
import { knownSizes } from '../../onnx/autodiff/shapes.ts';
import type { Value } from '../../onnx/autodiff/tape.ts';
import type { Window } from '../../onnx/autodiff/window.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { given, type NodeToRead, type Operators } from './operator.ts';

/** How the window of a node moves over x, the padding that `auto_pad` asks for included. */
export function windowOf(node: NodeProto, x: Value, kernel: readonly number[]): Window {
  const spatial = knownSizes(x.shape.slice(2), node.opType);
  const each = (name: string): number[] => intsAttribute(node, name) ?? spatial.map(() => 1);
  const [strides, dilations] = [each('strides'), each('dilations')];
  const auto = textAttribute(node, 'auto_pad', 'NOTSET');
  const none = [...spatial, ...spatial].map(() => 0);
  if (auto === 'NOTSET') return { kernel, strides, dilations, pads: intsAttribute(node, 'pads') ?? none };
  if (auto === 'VALID') return { kernel, strides, dilations, pads: none };
  const totals = spatial.map((size, at) => {
    const [stride = 1, dilation = 1, length = 1] = [strides[at], dilations[at], kernel[at]];
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + dilation * (length - 1) + 1 - size);
  });
  const lesser = totals.map((total) => Math.floor(total / 2));
  const greater = totals.map((total) => Math.ceil(total / 2));
  return {
    kernel,
    strides,
    dilations,
    pads: auto === 'SAME_LOWER' ? [...greater, ...lesser] : [...lesser, ...greater],
  };
}

const kernelOf = ({ node }: NodeToRead): number[] => intsAttribute(node, 'kernel_shape') ?? [];
const isRoundedUp = ({ node }: NodeToRead): boolean => intAttribute(node, 'ceil_mode', 0) !== 0;
const spatialAxes = ({ shape }: Value): number[] => shape.flatMap((_, axis) => (axis >= 2 ? [axis] : []));

export const windowOperators: Operators = {
  MaxPool: {
    read: (node) => {
      const x = given(node, 0);
      return maxPool(node.tape, x, windowOf(node.node, x, kernelOf(node)), isRoundedUp(node) ? 'ceil' : 'floor');
    },
  },
  AveragePool: {
    read: (node) => {
      if (isRoundedUp(node)) throw new RangeError('AveragePool rounds up (ceil_mode), which has no gradient here');
      const x = given(node, 0);
      const countsPadding = intAttribute(node.node, 'count_include_pad', 0) !== 0;
      return averagePool(node.tape, x, windowOf(node.node, x, kernelOf(node)), countsPadding);
    },
  },
  GlobalAveragePool: {
    read: (node) => mean(node.tape, given(node, 0), { axes: spatialAxes(given(node, 0)), keep: true }),
  },
  GlobalMaxPool: { read: (node) => max(node.tape, given(node, 0), { axes: spatialAxes(given(node, 0)), keep: true }) },
};
