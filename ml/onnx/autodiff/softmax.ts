import { axisOf, sumOverAxes } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/** `exp(x) / sum exp(x)` along an axis; the gradient is `y (d - sum(y d))`. */
export function softmax(tape: Tape, x: Value, axis = -1): Value {
  const g = tape.graph;
  const along = axisOf(axis, x.shape);
  const y = tape.record(
    'Softmax',
    [x],
    x.shape,
    (gradient) => {
      const total = sumOverAxes(g, g.node('Mul', [gradient, y.name]), [along], true);
      return g.node('Mul', [y.name, g.node('Sub', [gradient, total])]);
    },
    { axis: { int: along } },
  );
  return y;
}

/** `x - log sum exp(x)` along an axis; the gradient is `d - exp(y) sum(d)`. */
export function logSoftmax(tape: Tape, x: Value, axis = -1): Value {
  const g = tape.graph;
  const along = axisOf(axis, x.shape);
  const y = tape.record(
    'LogSoftmax',
    [x],
    x.shape,
    (gradient) => {
      const total = sumOverAxes(g, gradient, [along], true);
      return g.node('Sub', [gradient, g.node('Mul', [g.node('Exp', [y.name]), total])]);
    },
    { axis: { int: along } },
  );
  return y;
}
