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

/** `tanh(x)` */
export function tanh(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const y = tape.record('Tanh', [x], x.shape, (gradient) => {
    const rest = g.node('Sub', [g.scalar('one', 1), g.node('Mul', [y.name, y.name])]);
    return g.node('Mul', [gradient, rest]);
  });
  return y;
}

/** The error function, whose derivative is `2 / sqrt(pi) exp(-x^2)` */
export function erf(tape: Tape, x: Value): Value {
  const g = tape.graph;
  return tape.record('Erf', [x], x.shape, (gradient) => {
    const bell = g.node('Exp', [g.node('Neg', [g.node('Mul', [x.name, x.name])])]);
    return g.node('Mul', [gradient, g.node('Mul', [bell, g.scalar('factor', 2 / Math.sqrt(Math.PI))])]);
  });
}

/** `x P(x)` for the normal distribution P (Hendrycks and Gimpel 2016), with the derivative `P(x) + x p(x)` */
export function gelu(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const mul = (a: string, b: string): string => g.node('Mul', [a, b]);
  const scaled = mul(x.name, g.scalar('root', Math.SQRT1_2));
  const below = mul(g.node('Add', [g.node('Erf', [scaled]), g.scalar('one', 1)]), g.scalar('half', 0.5));
  return tape.derive(mul(x.name, below), [x], x.shape, (gradient) => {
    const bell = g.node('Exp', [g.node('Neg', [mul(scaled, scaled)])]);
    const density = mul(bell, g.scalar('factor', 1 / Math.sqrt(2 * Math.PI)));
    return mul(gradient, g.node('Add', [below, mul(x.name, density)]));
  });
}

/** `exp(x)` */
export function exp(tape: Tape, x: Value): Value {
  const y = tape.record('Exp', [x], x.shape, (gradient) => tape.graph.node('Mul', [gradient, y.name]));
  return y;
}

/** The natural logarithm */
export const log = (tape: Tape, x: Value): Value =>
  tape.record('Log', [x], x.shape, (gradient) => tape.graph.node('Div', [gradient, x.name]));

/** The square root, whose derivative is infinite at 0 */
export function sqrt(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const y = tape.record('Sqrt', [x], x.shape, (gradient) =>
    g.node('Div', [g.node('Mul', [gradient, g.scalar('half', 0.5)]), y.name]),
  );
  return y;
}
