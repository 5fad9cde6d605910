import { intAttribute } from '../../onnx/attribute.ts';
import { logSumExp, max, mean, sum, type Reduction } from '../../onnx/autodiff/reduce.ts';
import { logSoftmax, softmax } from '../../onnx/autodiff/softmax.ts';
import type { Tape, Value } from '../../onnx/autodiff/tape.ts';
import { given, type Operator, type Operators } from './operator.ts';

const reduction = (reduce: (tape: Tape, x: Value, over: Reduction) => Value): Operator => ({
  through: [0],
  read: (node) => {
    const axes = node.numbers(1);
    const isNone = axes === undefined || axes.length === 0;
    if (isNone && intAttribute(node.node, 'noop_with_empty_axes', 0) !== 0) return given(node, 0);
    const keep = intAttribute(node.node, 'keepdims', 1) !== 0;
    return reduce(node.tape, given(node, 0), { axes: isNone ? undefined : axes, keep });
  },
});

const alongAxis = (compute: (tape: Tape, x: Value, axis: number) => Value): Operator => ({
  read: (node) => compute(node.tape, given(node, 0), intAttribute(node.node, 'axis', -1)),
});

export const reduceOperators: Operators = {
  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(max),
  ReduceLogSumExp: reduction(logSumExp),
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis(logSoftmax),
};
