import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Tape, Value } from '../onnx/autodiff/tape.ts';
import type { GraphBuilder } from '../onnx/graph.ts';

/** Labels are learned as `(label - mean) / deviation`, in float32. The mean is a double where float32 is too coarse for it. */
export interface TargetScale {
  readonly mean: number;
  readonly deviation: number;
}

export const unscaled: TargetScale = { mean: 0, deviation: 1 };

/** What the last layer of a network is for: how a task learns, and what its models answer. */
export interface Head {
  /** Values that the network gives for a row. */
  readonly width: (space: LabelSpace) => number;
  /** What labels are scaled by, from those of the training rows. */
  readonly scale: (truth: Float64Array) => TargetScale;
  /** Why rows cannot be learned from; null where they can. `part` is the side of the split, for a sentence. */
  readonly problem: (truth: Float64Array, part: 'training' | 'validation', space: LabelSpace) => string | null;
  /**
   * The loss of `[batch, width]` logits by scaled labels `[batch, 1]`, times the rows' weights `[batch, 1]`, summed. `smoothing`: the share of an
   * even guess in labels that are classes; others do not know it. @default 0
   */
  readonly loss: (tape: Tape, logits: Value, labels: Value, weights: Value, smoothing?: number) => Value;
  /** Adds the outputs of the exported model. */
  readonly answer: (g: GraphBuilder, logits: string, job: AnswerJob) => void;
  /** Names of the outputs, which no feature may have. */
  readonly outputs: readonly string[];
}

export interface AnswerJob {
  readonly space: LabelSpace;
  readonly scale: TargetScale;
  /** Least probability of the positive class that gets its label. */
  readonly threshold: number;
}
