import { broadcast, shrink } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/** `a + b`, with numpy's broadcasting, as the others of this file. */
export function add(tape: Tape, a: Value, b: Value): Value {
  const shape = broadcast(a.shape, b.shape);
  return tape.record('Add', [a, b], shape, (gradient, position) =>
    shrink(tape.graph, gradient, shape, (position === 0 ? a : b).shape),
  );
}

/** `a - b` */
export function subtract(tape: Tape, a: Value, b: Value): Value {
  const g = tape.graph;
  const shape = broadcast(a.shape, b.shape);
  return tape.record('Sub', [a, b], shape, (gradient, position) =>
    position === 0 ? shrink(g, gradient, shape, a.shape) : shrink(g, g.node('Neg', [gradient]), shape, b.shape),
  );
}

/** `a b`, element by element */
export function multiply(tape: Tape, a: Value, b: Value): Value {
  const g = tape.graph;
  const shape = broadcast(a.shape, b.shape);
  return tape.record('Mul', [a, b], shape, (gradient, position) => {
    const [self, other] = position === 0 ? [a, b] : [b, a];
    return shrink(g, g.node('Mul', [gradient, other.name]), shape, self.shape);
  });
}

/** `a / b` */
export function divide(tape: Tape, a: Value, b: Value): Value {
  const g = tape.graph;
  const shape = broadcast(a.shape, b.shape);
  const y = tape.record('Div', [a, b], shape, (gradient, position) => {
    const share = g.node('Div', [gradient, b.name]);
    if (position === 0) return shrink(g, share, shape, a.shape);
    return shrink(g, g.node('Neg', [g.node('Mul', [share, y.name])]), shape, b.shape);
  });
  return y;
}

/** `x^exponent` for a constant exponent, with the derivative `exponent x^(exponent - 1)` */
export function power(tape: Tape, x: Value, exponent: number): Value {
  const g = tape.graph;
  return tape.record('Pow', [x, tape.constant('exponent', [exponent], [])], x.shape, (gradient) => {
    const below = g.node('Pow', [x.name, g.scalar('exponent', exponent - 1)]);
    return g.node('Mul', [gradient, g.node('Mul', [below, g.scalar('factor', exponent)])]);
  });
}
