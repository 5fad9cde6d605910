import type { Digest } from '../../contracts/digest.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import { trainedCodesOf, type TrainedCodes } from '../../contracts/data/trained-codes.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { loadDocument } from './documents.ts';

/** By the training evidence of a version; empty for an imported model, which has none. Throws `CorruptArtifactError`. */
export const loadTrainedCodes = async (
  store: Pick<ArtifactStore, 'getBlob'>,
  evidence: Digest | null,
): Promise<TrainedCodes> =>
  evidence === null ? {} : trainedCodesOf(await loadDocument(store, trainingEvidenceSchema, evidence));
