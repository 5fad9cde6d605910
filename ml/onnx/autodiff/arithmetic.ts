import { broadcast, shrink } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/** `a + b`, with numpy's broadcasting, as the others of this file. Throws `RangeError` for shapes that do not go together, as they all do. */
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

/** `a / b`, element by element; the derivative by b is `-(a / b) / b`. */
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

/** `x^p` for a constant `p`, whose derivative is `p x^(p - 1)`. Throws `RangeError` where p depends on a variable. */
export function power(tape: Tape, x: Value, p: Value): Value {
  const g = tape.graph;
  if (p.tracked) throw new RangeError('the exponent of Pow depends on a variable: it must be a constant');
  const shape = broadcast(x.shape, p.shape);
  return tape.record('Pow', [x, p], shape, (gradient) => {
    const lower = g.node('Pow', [x.name, g.node('Sub', [p.name, g.scalar('one', 1)])]);
    return shrink(g, g.node('Mul', [gradient, g.node('Mul', [p.name, lower])]), shape, x.shape);
  });
}

/** `a` where the condition, a boolean of a shape that broadcasts, is true, else `b`. */
export function where(tape: Tape, condition: Value, a: Value, b: Value): Value {
  const g = tape.graph;
  const shape = broadcast(condition.shape, broadcast(a.shape, b.shape));
  return tape.record('Where', [condition, a, b], shape, (gradient, position) => {
    const zero = g.scalar('zero', 0);
    const [yes, no] = position === 1 ? [gradient, zero] : [zero, gradient];
    return shrink(g, g.node('Where', [condition.name, yes, no]), shape, (position === 1 ? a : b).shape);
  });
}
