import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { AdaptPlan } from '../../ml/onnx/adapt/plan.ts';

/** A file beside a model that some of its weights were taken from. */
export interface WeightFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal SHA-256. */
  readonly sha256: string;
}

/** A model from elsewhere in the one form that everything behind the import takes, or why it cannot be. */
export type TakenImport =
  | { readonly faults: readonly string[] }
  | {
      readonly faults: readonly [];
      readonly bytes: Uint8Array;
      /** What was written around it; null where it had the form already. */
      readonly plan: AdaptPlan | null;
      /** Whether its two probabilities were exchanged. */
      readonly isExchanged: boolean;
      /** What inputs of tensors are given where no caller is there yet; null of a model that takes columns. */
      readonly drawn: readonly DrawnInput[] | null;
      /** What is odd about it and keeps it from nothing, a sentence each. */
      readonly warnings: readonly string[];
    };

/** Where its weights lay, and the model with all of them inside, before it was adapted. */
export interface WholeModel {
  readonly files: readonly WeightFile[];
  readonly whole: Uint8Array;
}

/** Reads, adapts, loads and tries a model from elsewhere: nothing is known of it. */
export interface ImportExaminer {
  /**
   * In a process of its own, which is ended where it takes longer or more memory than it may. Throws `InvalidModelError` for what is not a model, cannot
   * be loaded, or goes beyond the limits, and the signal's reason where that aborts.
   */
  examine(
    model: Uint8Array,
    definition: ModelDefinition,
    dataset: DatasetDefinition,
    signal?: AbortSignal,
  ): Promise<TakenImport>;
  /** The same of a file, whose weights may lie in files beside it, within its folder. */
  examineFile(path: string, definition: ModelDefinition, dataset: DatasetDefinition): Promise<TakenImport & WholeModel>;
}
