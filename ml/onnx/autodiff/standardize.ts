import { axisOf, sumOverAxes } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

export interface Standardized {
  readonly value: Value;
  /** Names of the statistics that were taken out, with size 1 along the axes. */
  readonly mean: string;
  readonly variance: string;
}

/** Added to each variance, as the normalizations of ONNX do. */
export const normalizationEpsilon = 1e-5;

/**
 * `y = (x - mean) / sqrt(variance + epsilon)` by the mean and population variance over `axes`, the middle part of layer normalization
 * (Ba, Kiros and Hinton 2016) and batch normalization (Ioffe and Szegedy 2015). `shares`, which broadcast to x and add up to 1 over the
 * axes, say how much an element counts in them; without, each counts the same.
 *
 * The gradient is `(d - s sum(d) - s y sum(d y)) / sqrt(variance + epsilon)` for shares s.
 */
export function standardize(
  tape: Tape,
  x: Value,
  axes: readonly number[],
  { epsilon = normalizationEpsilon, shares }: { readonly epsilon?: number; readonly shares?: Value } = {},
): Standardized {
  const g = tape.graph;
  const over = axes.map((axis) => axisOf(axis, x.shape));
  const mul = (a: string, b: string): string => g.node('Mul', [a, b]);
  const counted = (value: string): string => (shares === undefined ? value : mul(shares.name, value));
  const average = (value: string): string =>
    shares === undefined
      ? g.node('ReduceMean', [value, g.ints('axes', over)], { keepdims: { int: 1 } })
      : sumOverAxes(g, counted(value), over, true);
  const mean = average(x.name);
  const centred = g.node('Sub', [x.name, mean]);
  const variance = average(mul(centred, centred));
  const deviation = g.node('Sqrt', [g.node('Add', [variance, g.scalar('epsilon', epsilon)])]);
  const y = g.node('Div', [centred, deviation]);
  const total = (value: string): string => (shares === undefined ? average(value) : sumOverAxes(g, value, over, true));
  const value = tape.derive(y, [x], x.shape, (gradient) => {
    const along = g.node('Add', [total(gradient), mul(y, total(mul(gradient, y)))]);
    return g.node('Div', [g.node('Sub', [gradient, counted(along)]), deviation]);
  });
  return { value, mean, variance };
}
