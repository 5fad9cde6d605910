export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The upper one of two in the middle; NaN of nothing. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
