import type { Priority } from '../../config/gateway-schema.ts';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import type { Feeds, Signature, Tensor } from '../../contracts/data/tensor.ts';
import type { ServedColumns } from './served-columns.ts';

export interface Pass {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Time in the model, of the whole batch; and the wait for it. */
  readonly modelMs: number;
  readonly queueMs: number;
  /** Rows of the batch that the request was part of. */
  readonly batchRows: number;
}

/** A version that is warm in memory. */
export interface ServedVersion {
  readonly version: number;
  readonly signature: Signature;
  readonly policy: ServingPolicy;
  readonly columns: ServedColumns;
  /** Bytes of the model file. */
  readonly bytes: number;
  /** It runs confined because it was a shadow when it was loaded; another one is loaded before it answers clients. */
  readonly asShadow: boolean;
  /** All inputs and outputs have a batch axis, and rows were seen not to influence each other. */
  readonly batches: boolean;
  /**
   * Answers `rows` rows, together with what else arrived in this turn of the event loop where `batches`; higher priorities go
   * first. Feeds fit the signature. Throws `HttpError` 504 where `deadline` (`performance.now()`) passes before the model is asked.
   */
  run(feeds: Feeds, rows: number, priority: Priority, deadline?: number | null): Promise<Pass>;
  /** Ends when the last request on it has ended and its memory is given back. */
  retire(): Promise<void>;
}
