import type { Design, Layout } from './design.ts';

/**
 * What is added to the summed loss: `l2 / 2` times the sum of squared weights, intercepts free; and where the loss and that leave a direction
 * open, the squared sum of some weights, which is 0 at the optimum and moves no prediction.
 */
export interface Penalty {
  /** Factor of each weight's square, by 2; of all values of the head. */
  readonly squares: Float64Array;
  /** Weights whose sum is drawn to 0. */
  readonly sums: readonly Int32Array[];
  /** Factor of the squared sums, by 2. */
  readonly strength: number;
}

/** `values`: those of the head that share a loss. */
export function penaltyOf(layout: Layout, design: Design, l2: number, values: number, total: number): Penalty {
  const { size, intercept, categories } = layout;
  const squares = new Float64Array(values * size);
  const used = usedPlaces(design);
  for (let value = 0; value < values; value++)
    for (let place = 0; place < intercept; place++)
      // A weight that no row moves stays 0 by any penalty.
      squares[value * size + place] = used[place] === 1 ? l2 : Math.max(1, l2);
  const sums: Int32Array[] = [];
  if (values > 1)
    for (let place = l2 === 0 ? 0 : intercept; place < size; place++)
      sums.push(Int32Array.from({ length: values }, (_, value) => value * size + place));
  if (l2 === 0)
    for (let at = 0; at < categories.length; at++) {
      const from = categories[at]!;
      const to = at + 1 < categories.length ? categories[at + 1]! : intercept;
      if (hasUnknown(design, at)) continue;
      const codes = Array.from({ length: to - from - 1 }, (_, i) => from + 1 + i).filter((place) => used[place] === 1);
      for (let value = 0; value < values; value++) sums.push(Int32Array.from(codes, (place) => value * size + place));
    }
  return { squares, sums, strength: total };
}

/** Whether rows have an unknown or missing code, so that other codes have something to differ from. */
function hasUnknown({ places, sparse, size }: Design, column: number): boolean {
  for (let at = column; at < places.length; at += sparse) if (places[at] === size) return true;
  return false;
}

/** 1 for each weight that some row moves. */
export function usedPlaces({ rows, dense, values, places, size, intercept }: Design): Uint8Array {
  const used = new Uint8Array(size + 1);
  for (let row = 0; row < rows; row++)
    for (let at = 0; at < dense; at++) if (values[row * dense + at] !== 0) used[at] = 1;
  for (let at = 0; at < places.length; at++) used[places[at]!] = 1;
  used[intercept] = 1;
  return used.subarray(0, size);
}

/** Adds the penalty's gradient, and returns its value. */
export function addPenalty({ squares, sums, strength }: Penalty, theta: Float64Array, gradient: Float64Array): number {
  let value = 0;
  for (let at = 0; at < theta.length; at++) {
    const slope = squares[at]! * theta[at]!;
    gradient[at]! += slope;
    value += slope * theta[at]!;
  }
  for (const places of sums) {
    let sum = 0;
    for (let at = 0; at < places.length; at++) sum += theta[places[at]!]!;
    for (let at = 0; at < places.length; at++) gradient[places[at]!]! += strength * sum;
    value += strength * sum * sum;
  }
  return value / 2;
}

/** Adds the penalty's second derivatives to the lower half of a Hessian. */
export function addPenaltyCurvature({ squares, sums, strength }: Penalty, hessian: Float64Array): void {
  const size = squares.length;
  for (let at = 0; at < size; at++) hessian[at * size + at]! += squares[at]!;
  for (const places of sums)
    for (let i = 0; i < places.length; i++)
      for (let k = 0; k <= i; k++) hessian[places[i]! * size + places[k]!]! += strength;
}
