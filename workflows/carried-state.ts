import type { Analysis } from '../contracts/release/release.ts';
import type { Said } from '../contracts/release/release-log.ts';

/** What a new execution must know to go on, beside its place. */
export interface CarriedState {
  readonly analyses: number;
  readonly paused: boolean;
  /** Guards that a person overrode. */
  readonly acknowledged: readonly string[];
  /** Milliseconds that the total deadline was put off by. */
  readonly extendedMs: number;
  /** What was seen last, and who approved of it. */
  readonly lastAnalysis: Analysis | null;
  readonly approvals: readonly string[];
  readonly atPause: boolean;
  readonly waitingFor: string | null;
  readonly commands: readonly Said[];
}

export const freshState: CarriedState = {
  analyses: 0,
  paused: false,
  acknowledged: [],
  extendedMs: 0,
  lastAnalysis: null,
  approvals: [],
  atPause: false,
  waitingFor: null,
  commands: [],
};
