import type { SnapshotRef } from '../data/dataset.ts';
import type { Digest } from '../digest.ts';
import type { Outcome } from '../names.ts';
import type { ReleaseResult } from '../release/release.ts';
import type { Run, StageVerdict } from './run.ts';

export interface Closing {
  run: Run;
  snapshot: SnapshotRef | null;
  training: Digest | null;
  verdicts: StageVerdict[];
  outcome: Outcome;
  version: number | null;
  reason: string;
  release: ReleaseResult | null;
  /** False where the report could not be written: the run is closed without one. */
  withReport: boolean;
}
