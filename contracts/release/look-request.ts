import type { ReleasePlan } from './release.ts';

export interface LookRequest {
  plan: ReleasePlan;
  phase: 'shadow' | 'canary' | 'bake';
  step: number;
  /** Milliseconds since the epoch at which the phase, or the step of the canary, began. */
  since: number;
  /** Of the canary's first moments, left out; absent where there are none. */
  skip?: { from: number; to: number }[];
  /** Guards that a person overrode. */
  acknowledged?: string[];
}
