import { add, multiply, subtract } from './arithmetic.ts';
import { reshape } from './arrange.ts';
import { axisOf, shown, type TapeShape } from './shapes.ts';
import { standardize } from './standardize.ts';
import type { Tape, Value } from './tape.ts';

/** Standardizes over the axes from `axis` on, then scales and shifts by weights of their shape (Ba, Kiros and Hinton 2016). */
export function layerNorm(
  tape: Tape,
  x: Value,
  { scale, bias, axis, epsilon }: { scale: Value; bias: Value | undefined; axis: number; epsilon: number },
): Value {
  const first = axisOf(axis, x.shape);
  const axes = x.shape.flatMap((_, at) => (at >= first ? [at] : []));
  const scaled = multiply(tape, standardize(tape, x, axes, { epsilon }).value, scale);
  return bias === undefined ? scaled : add(tape, scaled, bias);
}

/** Standardizes each channel of each row `[n, c, ...]` over the axes behind, then scales and shifts by weights `[c]`. */
export function instanceNorm(
  tape: Tape,
  x: Value,
  { scale, bias, epsilon }: { scale: Value; bias: Value; epsilon: number },
): Value {
  const axes = x.shape.flatMap((_, at) => (at >= 2 ? [at] : []));
  const { value } = standardize(tape, x, axes, { epsilon });
  return add(tape, multiply(tape, value, byChannel(tape, scale, x.shape)), byChannel(tape, bias, x.shape));
}

/**
 * `(x - mean) / sqrt(variance + epsilon) scale + bias` for x `[n, c, ...]` and all others `[c]`, by statistics that stay as they are
 * (Ioffe and Szegedy 2015). Those of the batch itself take `standardize` over all axes but 1. Throws `RangeError` where mean or variance depend on a
 * variable.
 */
export function batchNorm(
  tape: Tape,
  x: Value,
  of: { scale: Value; bias: Value; mean: Value; variance: Value; epsilon: number },
): Value {
  const g = tape.graph;
  if (of.mean.tracked || of.variance.tracked)
    throw new RangeError('the mean or variance of BatchNormalization depends on a variable: it must be a constant');
  const deviation = g.node('Sqrt', [g.node('Add', [of.variance.name, g.scalar('epsilon', of.epsilon)])]);
  const inverse = tape.given(g.node('Reciprocal', [deviation]), of.variance.shape);
  const wide = (value: Value): Value => byChannel(tape, value, x.shape);
  const centred = subtract(tape, x, wide(of.mean));
  return add(tape, multiply(tape, centred, wide(multiply(tape, of.scale, inverse))), wide(of.bias));
}

/** A value for each channel as one that broadcasts to `[n, c, ...]`. */
function byChannel(tape: Tape, value: Value, { 1: channels = 1, length }: TapeShape): Value {
  if (value.shape.length !== 1 || value.shape[0] !== channels)
    throw new RangeError(`weights ${shown(value.shape)} are not one for each of ${channels} channels`);
  return length === 2 ? value : reshape(tape, value, [channels, ...Array.from({ length: length - 2 }, () => 1)]);
}
