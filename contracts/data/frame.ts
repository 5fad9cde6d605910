/** Columns in memory. A missing number is NaN, a missing text the empty string. */
export type ColumnData =
  | { readonly type: 'number'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly values: readonly string[] };

export interface Frame {
  readonly rowCount: number;
  readonly columns: Readonly<Record<string, ColumnData>>;
}

/** Predictions of a model, row by row. */
export interface Predictions {
  /** What was answered: the index of a class (of a binary task 1 for the positive label), or a number. */
  readonly answer: Float64Array;
  /**
   * `[rows, width]`, row by row: probabilities by class, of a binary task that of the positive label alone; or quantiles. In [0, 1] where they
   * are probabilities, unless the model is at fault.
   */
  readonly scores: Float64Array;
  /** Scores of a row; 0 where the answer says it all. */
  readonly width: number;
}
