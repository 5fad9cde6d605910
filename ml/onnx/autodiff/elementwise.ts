import type { Tape, Value } from './tape.ts';

/** `max(0, x)`, with the derivative 0 at 0 */
export function relu(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const y = tape.record('Relu', [x], x.shape, (gradient) => {
    const zero = g.scalar('zero', 0);
    return g.node('Where', [g.node('Greater', [y.name, zero]), gradient, zero]);
  });
  return y;
}

/** `1 / (1 + exp(-x))` */
export function sigmoid(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const y = tape.record('Sigmoid', [x], x.shape, (gradient) => {
    const rest = g.node('Sub', [g.scalar('one', 1), y.name]);
    return g.node('Mul', [gradient, g.node('Mul', [y.name, rest])]);
  });
  return y;
}

/** `log(1 + exp(x))`, whose derivative is the sigmoid. */
export function softplus(tape: Tape, x: Value): Value {
  const g = tape.graph;
  return tape.record('Softplus', [x], x.shape, (gradient) => g.node('Mul', [gradient, g.node('Sigmoid', [x.name])]));
}
