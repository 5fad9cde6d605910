/** Columns in memory. A missing number is NaN, a missing text the empty string. */
export type ColumnData =
  | { readonly type: 'number'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly values: readonly string[] };

export interface Frame {
  readonly rowCount: number;
  readonly columns: Readonly<Record<string, ColumnData>>;
}

/** Predictions of a binary classifier, row by row. */
export interface Predictions {
  /** 1 where the positive label was predicted, else 0. */
  readonly positive: Uint8Array;
  /** Probability of the positive label, in [0, 1] unless the model is at fault (`ml/metrics/faults.ts`). */
  readonly probability: Float64Array;
}
