import type { NumericEncoding } from '../training/encoding.ts';
import { factor, solveLower } from './cholesky.ts';

/**
 * The curve of a number: a natural cubic spline (Hastie, Tibshirani and Friedman 2009, 5.2.1), straight outside the first and the last knot.
 * Its values are `matrix` by `[cubes of what x is above each knot but the last one, what x is above the last one]`, x between the outer knots
 * in the cubes.
 */
export interface Curve {
  /** Which of the numbers it is of, standardized. */
  readonly column: number;
  /** Ascending, at least 3. */
  readonly knots: readonly number[];
  /** `[knots - 2, knots]`, row by row: the weights' squares sum up to the integrated squared curvature of the curve. */
  readonly matrix: Float64Array;
}

/** Outer knots, as shares of the rows: few rows lie beyond them, and extreme values move no knot. */
const outer = 0.02;

/** Places knots at quantiles of the training rows, a column a step. A column with too few different values has no curve. */
export function* fitCurves(
  numbers: readonly NumericEncoding[],
  rows: { readonly rows: number; readonly numeric: Float32Array },
  inner: number,
): Generator<void, Curve[], void> {
  const curves: Curve[] = [];
  if (inner === 0 || rows.rows === 0) return curves;
  const width = rows.numeric.length / rows.rows;
  for (let column = 0; column < numbers.length; column++) {
    const values = new Float32Array(rows.rows);
    for (let row = 0; row < rows.rows; row++) values[row] = rows.numeric[row * width + column]!;
    values.sort();
    const at = (share: number): number => values[Math.round(share * (values.length - 1))]!;
    const quantiles = Array.from({ length: inner + 2 }, (_, k) => at(outer + (1 - 2 * outer) * (k / (inner + 1))));
    const knots = [...new Set(quantiles)].filter(Number.isFinite);
    if (knots.length >= 3) curves.push({ column, knots, matrix: basisOf(knots) });
    yield;
  }
  return curves;
}

/** Weights of a curve. */
export const curveSize = ({ knots }: Curve): number => knots.length - 2;

/** Cubes and the excess of a value, `[knots]`, as `matrix` takes them. */
function features(knots: readonly number[], x: number, to: Float64Array): void {
  const last = knots.length - 1;
  const inside = Math.min(Math.max(x, knots[0]!), knots[last]!);
  for (let k = 0; k < last; k++) {
    const above = Math.max(0, inside - knots[k]!);
    to[k] = above * above * above;
  }
  to[last] = Math.max(0, x - knots[last]!);
}

/** Writes the values of a curve's functions at x. */
export function curveValues({ knots, matrix }: Curve, x: number, to: Float64Array): void {
  const width = knots.length;
  const of = new Float64Array(width);
  features(knots, x, of);
  for (let i = 0; i < width - 2; i++) {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += matrix[i * width + k]! * of[k]!;
    to[i] = sum;
  }
}

/**
 * `N_k = d_k - d_{n-2}` with `d_k = (x - t_k)^3 / (t_{n-1} - t_k)`, whose slope above the last knot is `3 (t_{n-2} - t_k)`; then turned by the inverse
 * Cholesky factor of their curvature matrix, so that the curvature of a curve is the sum of its squared weights.
 */
function basisOf(knots: readonly number[]): Float64Array {
  const width = knots.length;
  const [size, last] = [width - 2, knots[width - 1]!];
  const plain = new Float64Array(size * width);
  for (let k = 0; k < size; k++) {
    plain[k * width + k] = 1 / (last - knots[k]!);
    plain[k * width + width - 2] = -1 / (last - knots[width - 2]!);
    plain[k * width + width - 1] = 3 * (knots[width - 2]! - knots[k]!);
  }
  const lower = curvatureOf(knots);
  if (!factor(lower, size)) throw new RangeError('knots of a curve must differ');
  const column = new Float64Array(size);
  for (let k = 0; k < width; k++) {
    for (let i = 0; i < size; i++) column[i] = plain[i * width + k]!;
    solveLower(lower, size, column);
    for (let i = 0; i < size; i++) plain[i * width + k] = column[i]!;
  }
  return plain;
}

/** `integral of N_i'' N_k''`, by Simpson's rule, which is exact of products of straight lines. */
function curvatureOf(knots: readonly number[]): Float64Array {
  const size = knots.length - 2;
  const last = knots[size + 1]!;
  const hinge = (x: number, k: number): number => (6 * Math.max(0, x - knots[k]!)) / (last - knots[k]!);
  const second = (x: number, k: number): number => hinge(x, k) - hinge(x, size);
  const matrix = new Float64Array(size * size);
  for (let piece = 0; piece <= size; piece++) {
    const [from, to] = [knots[piece]!, knots[piece + 1]!];
    const middle = (from + to) / 2;
    for (let i = 0; i < size; i++)
      for (let k = 0; k < size; k++)
        matrix[i * size + k]! +=
          ((to - from) / 6) *
          (second(from, i) * second(from, k) +
            4 * second(middle, i) * second(middle, k) +
            second(to, i) * second(to, k));
  }
  return matrix;
}
