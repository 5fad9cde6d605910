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
