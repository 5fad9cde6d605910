import type { DatasetDefinition } from '../../contracts/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import { trainingEvidenceSchema, type TrainedCodes } from '../../contracts/evidence/training.ts';
import type { ArtifactStore } from '../artifact-store/port.ts';

/** Of the training evidence of a version; empty for an imported model, whose codes nobody told. */
export async function trainedCodes(
  store: Pick<ArtifactStore, 'getBlob'>,
  evidence: Digest | null,
): Promise<TrainedCodes> {
  if (evidence === null) return {};
  const document: unknown = JSON.parse(new TextDecoder().decode(await store.getBlob(evidence)));
  return trainingEvidenceSchema.parse(document).training?.codes ?? {};
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
