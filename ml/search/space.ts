import type { Range } from '../../contracts/model/search.ts';
import type { Random } from '../random.ts';

/** A range as it is drawn from. */
export type Axis =
  | {
      readonly kind: 'number';
      /** On the scale: logarithms where that is `log`. */
      readonly from: number;
      readonly to: number;
      readonly isLog: boolean;
      readonly isWhole: boolean;
    }
  | { readonly kind: 'choice'; readonly values: readonly unknown[] };

/** A value of each axis: a number on its scale, or the position of a choice. */
export type Point = readonly number[];

/** Whole numbers are drawn from half below the least to half above the greatest, so that each is as likely as the others. */
export function axisOf(range: Range, isWhole: boolean): Axis {
  if ('of' in range) return { kind: 'choice', values: range.of };
  const isLog = range.scale === 'log';
  const [from, to] = isWhole ? [range.from - 0.5, range.to + 0.5] : [range.from, range.to];
  return { kind: 'number', from: isLog ? Math.log(from) : from, to: isLog ? Math.log(to) : to, isLog, isWhole };
}

/** The setting that a place on an axis stands for. */
export function valueAt(axis: Axis, place: number): unknown {
  if (axis.kind === 'choice') return axis.values[place];
  const value = axis.isLog ? Math.exp(place) : place;
  if (axis.isWhole) return Math.round(value);
  // A logarithm and back may leave the range by its last bit.
  const [least, most] = axis.isLog ? [Math.exp(axis.from), Math.exp(axis.to)] : [axis.from, axis.to];
  return Number(Math.min(most, Math.max(least, value)).toPrecision(6));
}

/** Draws evenly from each axis. */
export const drawPoint = (axes: readonly Axis[], random: Random): Point =>
  axes.map((axis) =>
    axis.kind === 'choice' ? random.integer(axis.values.length) : axis.from + random.next() * (axis.to - axis.from),
  );

/** How many settings there are; infinite where one is a fraction. */
export const settingsOf = (axes: readonly Axis[]): number => axes.reduce((product, axis) => product * countOf(axis), 1);

function countOf(axis: Axis): number {
  if (axis.kind === 'choice') return axis.values.length;
  if (!axis.isWhole) return Infinity;
  const [from, to] = axis.isLog ? [Math.exp(axis.from), Math.exp(axis.to)] : [axis.from, axis.to];
  return Math.round(to - from);
}
