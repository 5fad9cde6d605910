import type { ReleasePlan } from './release.ts';

export interface AnalysisRequest {
  plan: ReleasePlan;
  phase: 'shadow' | 'canary' | 'bake';
  step: number;
  /** Milliseconds since the epoch at which the phase, or the step of the canary, began. */
  since: number;
  /** Times left out of both versions, milliseconds since the epoch: the canary's warm-up, and until a platform serves a phase. */
  skip: { from: number; to: number }[];
  /** Guards that a person overrode. */
  acknowledged: string[];
}
