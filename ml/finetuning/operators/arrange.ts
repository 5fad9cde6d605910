import { intAttribute, intsAttribute, textAttribute } from '../../onnx/attribute.ts';
import { concat, expand, gather, pad, reshape, slice, transpose, type Range } from '../../onnx/autodiff/arrange.ts';
import { axisOf, knownSizes } from '../../onnx/autodiff/shapes.ts';
import type { Value } from '../../onnx/autodiff/tape.ts';
import { given, type NodeToRead, type Operator, type Operators } from './operator.ts';

/** The values stay in their order, and the run has shown the shape. */
const reshaping: Operator = {
  through: [0],
  read: (node) => reshape(node.tape, given(node, 0), node.shapes[0] ?? []),
};

export const arrangeOperators: Operators = {
  Reshape: reshaping,
  Flatten: reshaping,
  Squeeze: reshaping,
  Unsqueeze: reshaping,
  Transpose: {
    read: (node) => {
      const x = given(node, 0);
      const turned = x.shape.map((_, axis) => x.shape.length - 1 - axis);
      return transpose(node.tape, x, intsAttribute(node.node, 'perm') ?? turned);
    },
  },
  Expand: {
    read: (node) => expand(node.tape, given(node, 0), given(node, 1), node.shapes[0] ?? []),
    through: [0],
  },
  Concat: {
    read: (node) =>
      concat(
        node.tape,
        node.inputs.map((_, position) => given(node, position)),
        intAttribute(node.node, 'axis', 0),
      ),
    besideFrom: 1,
  },
  Slice: { read: sliced, through: [0] },
  Split: { read: split, through: [0] },
  Pad: { read: padded, through: [0] },
  Gather: { read: gathered, through: [0], weights: [0] },
};

function sliced(node: NodeToRead): Value {
  const x = given(node, 0);
  const starts = node.numbers(1) ?? [];
  const ends = node.numbers(2) ?? [];
  const axes = (node.numbers(3) ?? starts.map((_, at) => at)).map((axis) => axisOf(axis, x.shape));
  if (node.numbers(4)?.some((step) => step !== 1) === true)
    throw new RangeError('Slice has a step other than 1, which has no gradient here');
  const ranges = axes.map((axis, at): Range => {
    const [size = 0] = knownSizes([x.shape[axis] ?? 0], 'Slice');
    const within = (place: number): number => Math.min(size, Math.max(0, place < 0 ? place + size : place));
    return { axis, start: within(starts[at] ?? 0), end: within(ends[at] ?? size) };
  });
  return slice(node.tape, x, ranges);
}

function split(node: NodeToRead): Value[] {
  const x = given(node, 0);
  const axis = axisOf(intAttribute(node.node, 'axis', 0), x.shape);
  let end = 0;
  return node.shapes.map((shape) => {
    const start = end;
    end += knownSizes([shape[axis] ?? 0], 'Split')[0] ?? 0;
    return slice(node.tape, x, [{ axis, start, end }]);
  });
}

function padded(node: NodeToRead): Value {
  const x = given(node, 0);
  const pads = node.numbers(1) ?? [];
  const axes = (node.numbers(3) ?? x.shape.map((_, at) => at)).map((axis) => axisOf(axis, x.shape));
  const margins = axes
    .map((axis, at) => ({ axis, before: pads[at] ?? 0, after: pads[at + axes.length] ?? 0 }))
    .filter(({ before, after }) => before !== 0 || after !== 0);
  const isOfZeros = node.inputs[2] === undefined || node.numbers(2)?.[0] === 0;
  if (textAttribute(node.node, 'mode', 'constant') !== 'constant' || !isOfZeros || pads.some((width) => width < 0))
    throw new RangeError('Pad puts something other than zeros around, which has no gradient here');
  return margins.length === 0 ? x : pad(node.tape, x, margins);
}

/** Along an axis other than the first, that axis is put first and back. */
function gathered(node: NodeToRead): Value {
  const [x, indices] = [given(node, 0), given(node, 1)];
  const { tape } = node;
  const axis = axisOf(intAttribute(node.node, 'axis', 0), x.shape);
  if (axis === 0) return gather(tape, x, indices);
  const others = x.shape.flatMap((_, at) => (at === axis ? [] : [at]));
  const rows = gather(tape, transpose(tape, x, [axis, ...others]), indices);
  const count = indices.shape.length;
  const taken = indices.shape.map((_, at) => at);
  const rest = others.map((_, at) => count + at);
  return transpose(tape, rows, [...rest.slice(0, axis), ...taken, ...rest.slice(axis)]);
}
