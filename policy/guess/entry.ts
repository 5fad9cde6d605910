/** A value of a definition. */
export interface Entry {
  /** Keys from the top of the document to the value. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** Why it is guessed; left out where a person said it. */
  readonly why?: string | undefined;
  /** What a person must write there. */
  readonly todo?: string;
}
