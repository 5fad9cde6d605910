import type { Tape, Value } from './tape.ts';

/** Sum of all values, a scalar. */
export function sum(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const backward = (gradient: string) => g.node('Expand', [gradient, g.node('Shape', [x.name])]);
  return tape.record('ReduceSum', [x], [], backward, { keepdims: { int: 0 } });
}

/** `log(sum_k exp(x_k))` of each row of `[n, k]`, as `[n, 1]`; its derivative is the softmax. */
export function logSumExp(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const axes = tape.given(g.ints('axes', [1]), [1]);
  const backward = (gradient: string) => g.node('Mul', [gradient, g.node('Softmax', [x.name], { axis: { int: 1 } })]);
  return tape.record('ReduceLogSumExp', [x, axes], [x.shape[0] ?? 1, 1], backward, { keepdims: { int: 1 } });
}
