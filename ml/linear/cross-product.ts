import type { Design } from './design.ts';

/**
 * `X' diag(c) X`, `[size, size]`, its lower half. A row costs the square of its dense columns and codes, not of all weights.
 */
export function crossProduct(design: Design, c: Float64Array): Float64Array {
  const { rows, sparse, places, size, intercept } = design;
  const to = new Float64Array(size * size);
  addDense(design, c, to);
  for (let row = 0; row < rows; row++) {
    const weight = c[row]!;
    to[intercept * size + intercept]! += weight;
    addDenseRow(design, row, weight, to, intercept * size);
    const first = row * sparse;
    for (let i = 0; i < sparse; i++) {
      const place = places[first + i]!;
      if (place === size) continue;
      const start = place * size;
      to[intercept * size + place]! += weight;
      addDenseRow(design, row, weight, to, start);
      // Slots of later categories have later places.
      for (let k = 0; k <= i; k++) {
        const other = places[first + k]!;
        if (other !== size) to[start + other]! += weight;
      }
    }
  }
  return to;
}

function addDenseRow({ dense, values }: Design, row: number, weight: number, to: Float64Array, start: number): void {
  const first = row * dense;
  for (let at = 0; at < dense; at++) to[start + at]! += weight * values[first + at]!;
}

/** Four rows at a time: an element of the sum is then read and written once for all four. */
function addDense({ rows, dense, values, size }: Design, c: Float64Array, to: Float64Array): void {
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const a = row * dense;
    const b = a + dense;
    const d = b + dense;
    const e = d + dense;
    for (let i = 0; i < dense; i++) {
      const first = c[row]! * values[a + i]!;
      const second = c[row + 1]! * values[b + i]!;
      const third = c[row + 2]! * values[d + i]!;
      const fourth = c[row + 3]! * values[e + i]!;
      const start = i * size;
      for (let k = 0; k <= i; k++)
        to[start + k]! +=
          first * values[a + k]! + second * values[b + k]! + third * values[d + k]! + fourth * values[e + k]!;
    }
  }
  for (; row < rows; row++) {
    const a = row * dense;
    for (let i = 0; i < dense; i++) {
      const first = c[row]! * values[a + i]!;
      for (let k = 0; k <= i; k++) to[i * size + k]! += first * values[a + k]!;
    }
  }
}

/** The diagonal of `X' diag(c) X`. */
export function crossDiagonal({ rows, dense, values, sparse, places, size, intercept }: Design, c: Float64Array) {
  const to = new Float64Array(size + 1);
  for (let row = 0; row < rows; row++) {
    const weight = c[row]!;
    for (let at = 0; at < dense; at++) to[at]! += weight * values[row * dense + at]! ** 2;
    for (let at = 0; at < sparse; at++) to[places[row * sparse + at]!]! += weight;
    to[intercept]! += weight;
  }
  return to.subarray(0, size);
}
