import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { eventRateEvidence } from '../../../ml/sequential/event-rate.ts';
import { halves } from './events.ts';
import type { GuardDocs } from './guard.ts';

/**
 * A mirrored request is answered by both: an event of either falls on the canary as if each had half of the keys. Where both
 * have it, it counts on both sides, which is evidence for the canary (the product of both factors is below 1).
 */
export const mirroredEvidence = (counts: ReleaseObservation['mirroredKeys']['errors'], ratio: number): number =>
  eventRateEvidence(halves(counts), ratio);

export const mirroredDocs: GuardDocs = {
  evidence: 'first mirrored request of a key, both answers',
  hypothesis: 'as `errors`, each arm with half of the keys',
};
