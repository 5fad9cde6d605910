import type { RequestBody } from '../../codec/request-bodies.ts';
import type { StagingMeasurement } from '../../contracts/evidence/staging.ts';

export interface StagingJob {
  readonly model: string;
  readonly bytes: Uint8Array;
  /** They are repeated as often as the load needs. */
  readonly requests: readonly RequestBody[];
  /** Requests per second. */
  readonly rate: number;
  readonly durationMs: number;
  /** Requests of the measurement so far, and in all. */
  readonly onSent?: (sent: number, total: number) => void;
}

/** Starts a second, real gateway process with the candidate alone, and puts open-loop load on it. */
export interface StagingHost {
  /** Leaves nothing behind, however it ends. Throws the signal's reason once the gateway has ended, and an error for a job without requests. */
  benchmark(job: StagingJob, signal: AbortSignal): Promise<StagingMeasurement>;
}
