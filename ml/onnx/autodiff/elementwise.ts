import type { Tape, Value } from './tape.ts';

/** `max(0, x)`, with the derivative 0 at 0 */
export const relu = (tape: Tape, x: Value): Value => leakyRelu(tape, x, 0);

/** `x` above 0, else `slope x`; the derivative at 0 is `slope`. */
export function leakyRelu(tape: Tape, x: Value, slope: number): Value {
  const g = tape.graph;
  const [opType, attributes] = slope === 0 ? ['Relu', {}] : ['LeakyRelu', { alpha: { float: slope } }];
  return tape.record(
    opType,
    [x],
    x.shape,
    (gradient) => {
      const zero = g.scalar('zero', 0);
      const below = slope === 0 ? zero : g.node('Mul', [gradient, g.scalar('slope', slope)]);
      return g.node('Where', [g.node('Greater', [x.name, zero]), gradient, below]);
    },
    attributes,
  );
}

/** `x` above 0, else `alpha (exp(x) - 1)` (Clevert, Unterthiner and Hochreiter 2016) */
export function elu(tape: Tape, x: Value, alpha: number): Value {
  const g = tape.graph;
  const y = tape.record(
    'Elu',
    [x],
    x.shape,
    (gradient) => {
      const below = g.node('Mul', [gradient, g.node('Add', [y.name, g.scalar('alpha', alpha)])]);
      return g.node('Where', [g.node('Greater', [x.name, g.scalar('zero', 0)]), gradient, below]);
    },
    { alpha: { float: alpha } },
  );
  return y;
}

/** An operator of one input, and its derivative by the input and output. */
function elementwise(opType: string, derivative: (tape: Tape, x: string, y: string) => string) {
  return (tape: Tape, x: Value): Value => {
    const y = tape.record(opType, [x], x.shape, (gradient) =>
      tape.graph.node('Mul', [gradient, derivative(tape, x.name, y.name)]),
    );
    return y;
  };
}

/** `1 / (1 + exp(-x))` */
export const sigmoid = elementwise('Sigmoid', ({ graph: g }, _, y) =>
  g.node('Mul', [y, g.node('Sub', [g.scalar('one', 1), y])]),
);

/** `log(1 + exp(x))`, whose derivative is the sigmoid. */
export const softplus = elementwise('Softplus', ({ graph: g }, x) => g.node('Sigmoid', [x]));

export const tanh = elementwise('Tanh', ({ graph: g }, _, y) =>
  g.node('Sub', [g.scalar('one', 1), g.node('Mul', [y, y])]),
);

export const exp = elementwise('Exp', (_, __, y) => y);

/** The natural logarithm. */
export const log = elementwise('Log', ({ graph: g }, x) => g.node('Reciprocal', [x]));

export const sqrt = elementwise('Sqrt', ({ graph: g }, _, y) => g.node('Div', [g.scalar('half', 0.5), y]));

export const reciprocal = elementwise('Reciprocal', ({ graph: g }, _, y) => g.node('Neg', [g.node('Mul', [y, y])]));

export const negate = elementwise('Neg', ({ graph: g }) => g.scalar('minus', -1));

/** `|x|`, with the derivative 0 at 0 */
export const absolute = elementwise('Abs', ({ graph: g }, x) => g.node('Sign', [x]));

/** The error function; its derivative is `2 / sqrt(pi) exp(-x^2)`. */
export const erf = elementwise('Erf', ({ graph: g }, x) =>
  g.node('Mul', [g.node('Exp', [g.node('Neg', [g.node('Mul', [x, x])])]), g.scalar('height', 2 / Math.sqrt(Math.PI))]),
);

/** `x` between two constants, else the nearer one; the derivative on a bound is 1. A bound may be left out. */
export function clip(tape: Tape, x: Value, least?: Value, most?: Value): Value {
  const g = tape.graph;
  const bounds = [least, most].map((bound) => bound ?? tape.given('', []));
  return tape.record('Clip', [x, ...bounds], x.shape, (gradient) => {
    const within = [
      ...(least === undefined ? [] : [g.node('GreaterOrEqual', [x.name, least.name])]),
      ...(most === undefined ? [] : [g.node('LessOrEqual', [x.name, most.name])]),
    ];
    return within.reduce((left, inside) => g.node('Where', [inside, left, g.scalar('zero', 0)]), gradient);
  });
}
