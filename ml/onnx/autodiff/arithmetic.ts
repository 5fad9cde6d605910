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
