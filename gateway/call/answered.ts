import type { Route } from './infer-call.ts';

/** One request that a version answered, or failed on; times in milliseconds. */
export interface Answered {
  readonly route: Route;
  /** The sticky key. */
  readonly key: string;
  /** Arrival, since the epoch. */
  readonly at: number;
  /** From arrival to answer. */
  readonly ms: number;
  readonly failed: boolean;
  /** In the model; 0 where no model ran for it (cached, or failed before). */
  readonly modelMs: number;
  /** Waiting for the model. */
  readonly queueMs: number;
  readonly rows: number;
  /** Rows of the pass that it was part of. */
  readonly batchRows: number;
  /** A trace id or `traceparent`; null where there is none. */
  readonly trace: string | null;
}
