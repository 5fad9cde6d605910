import { slotCount, slotOffsets, type EncodedRows, type Encoding } from '../training/encoding.ts';
import { curveSize, curveValues, type Curve } from './curves.ts';

/** Where the weights of one value of the head lie: dense columns, a slot for each code of each category, the intercept. */
export interface Layout {
  /** Numbers, marks of missing ones, and the functions of curves. */
  readonly dense: number;
  /** First place of each category; this one is for unknown and missing codes, and its weight stays 0. */
  readonly categories: readonly number[];
  /** First place of each curve. */
  readonly curves: readonly number[];
  readonly intercept: number;
  /** Weights of one value. */
  readonly size: number;
}

/** Rows of a linear model: dense columns, and the place of each category's code, `size` where it has no weight. */
export interface Design {
  readonly rows: number;
  readonly dense: number;
  /** `[rows, dense]` */
  readonly values: Float32Array;
  readonly sparse: number;
  /** `[rows, sparse]` */
  readonly places: Int32Array;
  readonly intercept: number;
  readonly size: number;
}

export function layOut(encoding: Encoding, numericWidth: number, curves: readonly Curve[]): Layout {
  let dense = numericWidth;
  const starts = curves.map((curve) => {
    const start = dense;
    dense += curveSize(curve);
    return start;
  });
  const categories = slotOffsets(encoding.oneHot).map((offset) => dense + offset);
  const intercept = dense + slotCount(encoding.oneHot);
  return { dense, categories, curves: starts, intercept, size: intercept + 1 };
}

export function designOf(layout: Layout, curves: readonly Curve[], encoded: EncodedRows): Design {
  const { rows } = encoded;
  const sparse = layout.categories.length;
  const { dense, size, intercept } = layout;
  const places = new Int32Array(rows * sparse);
  for (let column = 0; column < sparse; column++) {
    const unknown = layout.categories[column]!;
    for (let at = column; at < places.length; at += sparse) {
      const place = dense + encoded.oneHot[at]!;
      places[at] = place === unknown ? size : place;
    }
  }
  return { rows, dense, values: withCurves(layout, curves, encoded), sparse, places, intercept, size };
}

function withCurves({ dense, curves: starts }: Layout, curves: readonly Curve[], encoded: EncodedRows): Float32Array {
  const { rows, numeric } = encoded;
  if (curves.length === 0) return numeric;
  const width = numeric.length / Math.max(1, rows);
  const values = new Float32Array(rows * dense);
  for (let row = 0; row < rows; row++)
    for (let at = 0; at < width; at++) values[row * dense + at] = numeric[row * width + at]!;
  for (let c = 0; c < curves.length; c++) {
    const curve = curves[c]!;
    const to = new Float64Array(curveSize(curve));
    for (let row = 0; row < rows; row++) {
      curveValues(curve, numeric[row * width + curve.column]!, to);
      for (let i = 0; i < to.length; i++) values[row * dense + starts[c]! + i] = to[i]!;
    }
  }
  return values;
}

/** Scores of all rows by the weights of one value, which begin at `from`. */
export function scoreRows(
  { rows, dense, values, sparse, places, intercept, size }: Design,
  theta: Float64Array,
  from: number,
  to: Float64Array,
): void {
  const weights = new Float64Array(size + 1);
  weights.set(theta.subarray(from, from + size));
  for (let row = 0; row < rows; row++) {
    let sum = weights[intercept]!;
    const first = row * dense;
    for (let at = 0; at < dense; at++) sum += values[first + at]! * weights[at]!;
    const slot = row * sparse;
    for (let at = 0; at < sparse; at++) sum += weights[places[slot + at]!]!;
    to[row] = sum;
  }
}

/** Adds `X' slopes` to the gradient of one value's weights, which begins at `from`. */
export function addGradient(
  { rows, dense, values, sparse, places, intercept, size }: Design,
  slopes: Float64Array,
  to: Float64Array,
  from: number,
): void {
  const sums = new Float64Array(size + 1);
  for (let row = 0; row < rows; row++) {
    const slope = slopes[row]!;
    const first = row * dense;
    for (let at = 0; at < dense; at++) sums[at]! += slope * values[first + at]!;
    const slot = row * sparse;
    for (let at = 0; at < sparse; at++) sums[places[slot + at]!]! += slope;
    sums[intercept]! += slope;
  }
  for (let at = 0; at < size; at++) to[from + at]! += sums[at]!;
}
