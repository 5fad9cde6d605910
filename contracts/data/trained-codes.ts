import type { DatasetDefinition } from './dataset.ts';
import { trainingEvidenceSchema } from '../evidence/training.ts';

/** Codes by categorical feature that a model tells apart. */
export type TrainedCodes = Readonly<Record<string, readonly string[]>>;

/** Of a version's training evidence; empty for an imported model, whose codes nobody told, and in a staging benchmark, which has no evidence. */
export function trainedCodesOf(evidence: unknown): TrainedCodes {
  const found = trainingEvidenceSchema.safeParse(evidence);
  return found.success ? (found.data.training?.codes ?? {}) : {};
}

/** The dataset whose categorical columns allow the codes that training took in. */
export const withTrainedCodes = (dataset: DatasetDefinition, codes: TrainedCodes): DatasetDefinition => ({
  ...dataset,
  columns: Object.fromEntries(
    Object.entries(dataset.columns).map(([name, column]) => {
      const known = codes[name];
      return [name, known === undefined ? column : { ...column, allowed: [...known] }];
    }),
  ),
});
