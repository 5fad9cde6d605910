import type { DatasetDefinition } from './dataset.ts';
import { trainingEvidenceSchema } from './evidence/training.ts';

/** Codes by categorical feature that a model tells apart. */
export type TrainedCodes = Readonly<Record<string, readonly string[]>>;

/** Of a version's training evidence; empty for an imported model, whose codes nobody told. Throws `ZodError`. */
export const trainedCodesOf = (evidence: unknown): TrainedCodes =>
  trainingEvidenceSchema.parse(evidence).training?.codes ?? {};

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
