import { axisOf, sumOverAxes } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/** Sum of all values, a scalar. */
export function sum(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const backward = (gradient: string) => g.node('Expand', [gradient, g.node('Shape', [x.name])]);
  return tape.record('ReduceSum', [x], [], backward, { keepdims: { int: 0 } });
}

/** Sums over axes, which keep the size 1. */
export const sumOver = (tape: Tape, x: Value, axes: readonly number[]): Value => reduced(tape, 'ReduceSum', x, axes);

/** Means over axes, which keep the size 1. */
export const meanOver = (tape: Tape, x: Value, axes: readonly number[]): Value => reduced(tape, 'ReduceMean', x, axes);

function reduced(tape: Tape, opType: 'ReduceSum' | 'ReduceMean', x: Value, axes: readonly number[]): Value {
  const g = tape.graph;
  const along = axes.map((axis) => axisOf(axis, x.shape));
  const shape = x.shape.map((size, axis) => (along.includes(axis) ? 1 : size));
  const over = tape.given(g.ints('axes', along), [along.length]);
  const y = tape.record(
    opType,
    [x, over],
    shape,
    (gradient) => {
      const each = opType === 'ReduceSum' ? gradient : g.node('Div', [gradient, count(g.node('Size', [y.name]))]);
      return g.node('Expand', [each, g.node('Shape', [x.name])]);
    },
    { keepdims: { int: 1 } },
  );
  const count = (results: string): string =>
    g.node('Cast', [g.node('Div', [g.node('Size', [x.name]), results])], { to: { int: 1 } });
  return y;
}

/** `log(sum_k exp(x_k))` of each row of `[n, k]`, as `[n, 1]`; its derivative is the softmax. */
export function logSumExp(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const axes = tape.given(g.ints('axes', [1]), [1]);
  const backward = (gradient: string) => g.node('Mul', [gradient, g.node('Softmax', [x.name], { axis: { int: 1 } })]);
  return tape.record('ReduceLogSumExp', [x, axes], [x.shape[0] ?? 1, 1], backward, { keepdims: { int: 1 } });
}

/** `y = exp(x) / sum(exp(x))` along an axis, with the gradient `y (d - sum(d y))` */
export function softmax(tape: Tape, x: Value, axis = -1): Value {
  const g = tape.graph;
  const along = axisOf(axis, x.shape);
  const y = tape.record(
    'Softmax',
    [x],
    x.shape,
    (gradient) => {
      const whole = sumOverAxes(g, g.node('Mul', [gradient, y.name]), [along], true);
      return g.node('Mul', [y.name, g.node('Sub', [gradient, whole])]);
    },
    { axis: { int: along } },
  );
  return y;
}

/** The logarithm of the softmax along an axis, with the gradient `d - softmax(x) sum(d)` */
export function logSoftmax(tape: Tape, x: Value, axis = -1): Value {
  const g = tape.graph;
  const along = axisOf(axis, x.shape);
  const y = tape.record(
    'LogSoftmax',
    [x],
    x.shape,
    (gradient) => {
      const whole = sumOverAxes(g, gradient, [along], true);
      return g.node('Sub', [gradient, g.node('Mul', [g.node('Exp', [y.name]), whole])]);
    },
    { axis: { int: along } },
  );
  return y;
}
