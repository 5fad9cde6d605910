import type { Frame, Predictions } from '../../contracts/frame.ts';
import type { Signature } from '../../contracts/signature.ts';

/** Column values of one batch, as a served model takes them: text, or numbers (NaN is missing). */
export type TensorData = readonly string[] | Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array;

export interface Tensor {
  readonly type: Signature['inputs'][number]['type'];
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface LoadedModel {
  readonly signature: Signature;
  /** A frame's rows as inputs, one tensor `[rows, 1]` per column. Throws `InvalidDataError` for a column that is missing or does not fit. */
  feeds(frame: Frame): Record<string, Tensor>;
  /** One synchronous pass; blocks the event loop for its length. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Predictions for a frame, in chunks that let the event loop breathe. `positive` is the label that counts as positive. */
  predict(frame: Frame, positive: string | number | boolean): Promise<Predictions>;
  release(): Promise<void>;
}

export interface InferenceEngine {
  /** Throws `InvalidModelError` for bytes that are no usable model. */
  load(model: Uint8Array): Promise<LoadedModel>;
}
