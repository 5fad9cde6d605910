/** Something in the store that is not what another document says it is. */
export interface StoreDifference {
  /** What differs: `version 2`, `deployment record 7`, `approval of run ...`. */
  readonly what: string;
  readonly why: string;
}
