import type { StagingMeasurement } from '../../contracts/evidence/staging.ts';
import type { Frame } from '../../contracts/data/frame.ts';

export interface StagingJob {
  readonly model: string;
  readonly bytes: Uint8Array;
  /** Rows to ask for; they are repeated as often as the load needs. */
  readonly rows: Frame;
  /** Requests per second. */
  readonly rate: number;
  readonly durationMs: number;
  /** Requests of the measurement so far, and in all. */
  readonly onSent?: (sent: number, total: number) => void;
}

/** Starts a second, real gateway process with the candidate alone, and puts open-loop load on it. */
export interface StagingHost {
  /** Leaves nothing behind, however it ends. Throws the signal's reason once the gateway has ended, and an error for a job without rows. */
  benchmark(job: StagingJob, signal: AbortSignal): Promise<StagingMeasurement>;
}
