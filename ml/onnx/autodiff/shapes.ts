import type { GraphBuilder } from '../graph.ts';

/** Sizes, or a symbol for one that only the run knows; equal symbols are equal sizes. */
export type TapeShape = readonly (number | string)[];

export const shown = (shape: TapeShape): string => `[${shape.join(', ')}]`;

/** The shape of what an operator of numpy's broadcasting gives. Throws `RangeError` for shapes that do not go together. */
export function broadcast(a: TapeShape, b: TapeShape): TapeShape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left = 1, right = 1] = [a[axis - rank + a.length], b[axis - rank + b.length]];
    if (left !== right && left !== 1 && right !== 1) {
      throw new RangeError(`shapes ${shown(a)} and ${shown(b)} do not go together`);
    }
    return left === 1 ? right : left;
  });
}

/** Sums a gradient of shape `from` over the axes along which its operand, of shape `to`, was repeated. */
export function shrink(g: GraphBuilder, gradient: string, from: TapeShape, to: TapeShape): string {
  const extra = from.length - to.length;
  const leading = Array.from({ length: extra }, (_, axis) => axis);
  const repeated = to.flatMap((size, axis) => (size === 1 && from[axis + extra] !== 1 ? [axis + extra] : []));
  const kept = repeated.length > 0 ? sumOverAxes(g, gradient, repeated, true) : gradient;
  return leading.length > 0 ? sumOverAxes(g, kept, leading, false) : kept;
}

export function sumOverAxes(g: GraphBuilder, value: string, axes: readonly number[], keep: boolean): string {
  return g.node('ReduceSum', [value, g.ints('axes', axes)], { keepdims: { int: keep ? 1 : 0 } });
}

/** Sizes as `Reshape` takes them: -1 for the one that only the run knows. Throws `RangeError` for two of those. */
export function sizesFor(shape: TapeShape): number[] {
  const sizes = shape.map((size) => (typeof size === 'number' ? size : -1));
  if (sizes.filter((size) => size === -1).length > 1)
    throw new RangeError(`shape ${shown(shape)} has more than one size that only the run knows`);
  return sizes;
}

/** Sizes that must be known. Throws `RangeError` for a symbol. */
export function knownSizes(shape: TapeShape, what: string): number[] {
  return shape.map((size) => {
    if (typeof size === 'number') return size;
    throw new RangeError(`${what} needs a known size where its input has "${size}"`);
  });
}

/** An axis counted from the start; -1 is the last one. Throws `RangeError` for one that the shape does not have. */
export function axisOf(axis: number, { length }: TapeShape): number {
  const from = axis < 0 ? axis + length : axis;
  if (from >= 0 && from < length) return from;
  throw new RangeError(`there is no axis ${axis} in a value of ${length} dimensions`);
}
