import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Frame, Predictions } from '../../contracts/data/frame.ts';
import type { Signature, Tensor } from '../../contracts/data/tensor.ts';
import type { AnswerLimits } from '../../contracts/serving/answer-limits.ts';

export interface LoadedModel {
  readonly signature: Signature;
  /** A frame's rows as inputs, one tensor `[rows, 1]` per column. Throws `InvalidDataError` for a column that is missing or does not fit. */
  feeds(frame: Frame): Record<string, Tensor>;
  /** One pass. In this process it blocks the event loop for its length; one in a process of its own does not. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /**
   * Predictions for a frame, in chunks that let the event loop breathe. Throws `InvalidModelError` where the model answers with labels
   * that are none of the target's, and the signal's reason between chunks.
   */
  predict(frame: Frame, labelSpace: LabelSpace, signal?: AbortSignal): Promise<Predictions>;
  release(): Promise<void>;
}

/** What a model may take that runs in a process of its own. */
export interface ModelLimits {
  /** Milliseconds to load, and of one pass. */
  readonly loadMs: number;
  readonly passMs: number;
  /** Of its process; measured on Linux alone. */
  readonly memoryBytes: number;
  /** Of each answer: one beyond them fails its question, and three in a row to single rows fail the model. */
  readonly answer: AnswerLimits;
}

export interface InferenceEngine {
  /**
   * Throws `InvalidModelError` for bytes that are not a usable model. A pass fails with one where its answer goes beyond the limits.
   * @param answer @default none, for a model that Pawl trained and nobody else waits for
   */
  load(model: Uint8Array, answer?: AnswerLimits): Promise<LoadedModel>;
  /**
   * The same from a file, in a process of its own: neither reading, loading nor running blocks the caller's event loop. It is ended where the model goes beyond the limits; it fails from then on. Throws
   * `InvalidModelError` also where loading does. An abort of the signal ends the process in the middle of a pass, with the signal's reason.
   */
  loadConfined(path: string, limits: ModelLimits, signal?: AbortSignal): Promise<LoadedModel>;
}
