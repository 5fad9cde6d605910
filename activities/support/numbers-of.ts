import { PawlError } from '../../contracts/errors.ts';
import { qualityEvidenceSchema } from '../../contracts/evidence/quality.ts';
import { trialEvidenceSchema } from '../../contracts/evidence/trial.ts';
import type { ModelVersion } from '../../contracts/model/version.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Ports } from '../ports.ts';
import { loadDocument } from './documents.ts';

/** What errors of a version's numbers are bounded by, between which ranges they are told apart, and how near the same ones are, as its evaluation found it. Throws `CorruptArtifactError` where it has none. */
export async function numbersOf(
  store: Ports['store'],
  verdicts: ModelVersion['verdicts'],
): Promise<{ errorCap: number; predictionEdges: readonly number[]; sameWithin: number }> {
  const judged = verdicts.find(({ stage }) => stage === 'quality' || stage === 'trial');
  if (judged === undefined)
    throw new PawlError(
      errorTypes.corruptArtifact,
      'the version has no evidence of its quality, which says what errors are bounded by: restore its document from a copy',
    );
  const { errorCap, predictionEdges, sameWithin } = await loadDocument(
    store,
    judged.stage === 'trial' ? trialEvidenceSchema : qualityEvidenceSchema,
    judged.evidence,
  );
  return { errorCap, predictionEdges, sameWithin };
}
