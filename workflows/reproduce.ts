import type { Digest } from '../contracts/digest.ts';
import type { Reproduction } from '../contracts/run/reproduction.ts';
import { activitiesFor, openReproduction } from './activities.ts';
import { markSearchable } from './search-attributes.ts';

/** Trains a version again from its lineage, and says what agreed. It registers nothing. */
export async function reproduce(input: {
  model: string;
  version: number;
}): Promise<{ evidence: Digest; reproduction: Reproduction }> {
  const { run, version, snapshot, plan } = await openReproduction(input);
  markSearchable({ model: run.model, stage: 'train', version });
  const { trainModel, compareTraining } = activitiesFor(plan);
  const { candidate, evidence: training } = await trainModel({ run, snapshot });
  return compareTraining({ run, version, snapshot, candidate, training });
}
