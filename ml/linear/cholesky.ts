/** Least pivot, by the diagonal before: what is below is nothing but rounding. */
const least = 1e-11;

/**
 * Replaces the lower half of a symmetric matrix `[size, size]` by its Cholesky factor L, `A = L L'` (Golub and Van Loan 2013, 4.2). False where A is not
 * positive definite within float64.
 */
export function factor(matrix: Float64Array, size: number): boolean {
  for (let i = 0; i < size; i++) {
    const rowI = i * size;
    const diagonal = matrix[rowI + i]!;
    for (let k = 0; k <= i; k++) {
      const rowK = k * size;
      let sum = matrix[rowI + k]!;
      for (let j = 0; j < k; j++) sum -= matrix[rowI + j]! * matrix[rowK + j]!;
      if (k < i) matrix[rowI + k] = sum / matrix[rowK + k]!;
      else {
        if (!(sum > least * diagonal)) return false;
        matrix[rowI + i] = Math.sqrt(sum);
      }
    }
  }
  return true;
}

/** Solves `L x = b` in place. */
export function solveLower(lower: Float64Array, size: number, b: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let sum = b[i]!;
    for (let j = 0; j < i; j++) sum -= lower[i * size + j]! * b[j]!;
    b[i] = sum / lower[i * size + i]!;
  }
}

/** Solves `L L' x = b` in place. */
export function solve(lower: Float64Array, size: number, b: Float64Array): void {
  solveLower(lower, size, b);
  for (let i = size - 1; i >= 0; i--) {
    const value = b[i]! / lower[i * size + i]!;
    b[i] = value;
    for (let j = 0; j < i; j++) b[j]! -= lower[i * size + j]! * value;
  }
}
