import type { GraphBuilder } from '../graph.ts';
import type { Tape, Value } from './tape.ts';

export type GeluForm = 'none' | 'tanh';

/**
 * `x Phi(x)` for the standard normal distribution function Phi (Hendrycks and Gimpel 2016), or its approximation
 * `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`.
 */
export function gelu(tape: Tape, x: Value, approximate: GeluForm): Value {
  const g = tape.graph;
  const derivative = approximate === 'tanh' ? ofTanh : ofErf;
  return tape.record('Gelu', [x], x.shape, (gradient) => g.node('Mul', [gradient, derivative(g, x.name)]), {
    approximate: { string: approximate },
  });
}

/** `Phi(x) + x phi(x)` */
function ofErf(g: GraphBuilder, x: string): string {
  const { add, mul, number } = writer(g);
  const below = mul(number(0.5), add(number(1), g.node('Erf', [mul(x, number(Math.SQRT1_2))])));
  const density = mul(number(1 / Math.sqrt(2 * Math.PI)), g.node('Exp', [mul(number(-0.5), mul(x, x))]));
  return add(below, mul(x, density));
}

/** `(1 + t) / 2 + x (1 - t^2) u' / 2` for `t = tanh(u)` */
function ofTanh(g: GraphBuilder, x: string): string {
  const { add, mul, number } = writer(g);
  const [scale, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
  const square = mul(x, x);
  const t = g.node('Tanh', [mul(number(scale), mul(x, add(number(1), mul(number(cubic), square))))]);
  const slope = mul(number(scale), add(number(1), mul(number(3 * cubic), square)));
  const flank = mul(g.node('Sub', [number(1), mul(t, t)]), slope);
  return mul(number(0.5), add(add(number(1), t), mul(x, flank)));
}

const writer = (g: GraphBuilder) => ({
  add: (a: string, b: string): string => g.node('Add', [a, b]),
  mul: (a: string, b: string): string => g.node('Mul', [a, b]),
  number: (value: number): string => g.scalar('number', value),
});
