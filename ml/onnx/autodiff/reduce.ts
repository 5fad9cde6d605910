import { axisOf, knownSizes, sumOverAxes } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/** Over which axes, and whether they stay with size 1. */
export interface Reduction {
  /** @default all of them */
  readonly axes?: readonly number[] | undefined;
  /** @default false */
  readonly keep?: boolean;
}

/** Sum of all values, a scalar, or over some axes. */
export const sum = (tape: Tape, x: Value, over: Reduction = {}): Value =>
  reduced('ReduceSum', tape, x, over, (gradient) =>
    tape.graph.node('Expand', [gradient, tape.graph.node('Shape', [x.name])]),
  );

/** Mean over axes whose sizes are known. Throws `RangeError` for another. */
export function mean(tape: Tape, x: Value, over: Reduction = {}): Value {
  const g = tape.graph;
  const along = axesOf(x, over);
  const sizes = knownSizes(
    along.map((axis) => x.shape[axis] ?? 1),
    'a mean',
  );
  const count = sizes.reduce((product, size) => product * size, 1);
  return reduced('ReduceMean', tape, x, over, (gradient) =>
    g.node('Expand', [g.node('Div', [gradient, g.scalar('count', count)]), g.node('Shape', [x.name])]),
  );
}

/** The greatest value; several that are equal share the gradient. */
export function max(tape: Tape, x: Value, over: Reduction = {}): Value {
  const g = tape.graph;
  const along = axesOf(x, over);
  return reduced('ReduceMax', tape, x, over, (gradient, y) => {
    const isGreatest = g.node('CastLike', [g.node('Equal', [x.name, y]), x.name]);
    const each = g.node('Div', [gradient, sumOverAxes(g, isGreatest, along, true)]);
    return g.node('Mul', [each, isGreatest]);
  });
}

/** `log(sum exp(x))`; its derivative is the softmax. */
export const logSumExp = (tape: Tape, x: Value, over: Reduction = { axes: [1], keep: true }): Value =>
  reduced('ReduceLogSumExp', tape, x, over, (gradient, y) =>
    tape.graph.node('Mul', [gradient, tape.graph.node('Exp', [tape.graph.node('Sub', [x.name, y])])]),
  );

/** `backward` gets the gradient and the output with the axes kept, as names. */
function reduced(
  opType: string,
  tape: Tape,
  x: Value,
  over: Reduction,
  backward: (gradient: string, y: string) => string,
): Value {
  const g = tape.graph;
  const { keep = false } = over;
  const along = axesOf(x, over);
  const axes = g.ints('axes', along);
  const shape = keep
    ? x.shape.map((size, axis) => (along.includes(axis) ? 1 : size))
    : x.shape.filter((_, axis) => !along.includes(axis));
  const wide = (name: string): string => (keep ? name : g.node('Unsqueeze', [name, axes]));
  const y = tape.record(
    opType,
    [x, tape.given(axes, [along.length])],
    shape,
    (gradient) => backward(wide(gradient), wide(y.name)),
    { keepdims: { int: keep ? 1 : 0 } },
  );
  return y;
}

const axesOf = (x: Value, { axes }: Reduction): number[] =>
  axes === undefined ? x.shape.map((_, axis) => axis) : axes.map((axis) => axisOf(axis, x.shape));
