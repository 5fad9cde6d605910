import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { ReleaseResult } from '../../contracts/release/release.ts';
import type { Outcome, Run, RunResult, StageVerdict } from '../../contracts/run/run.ts';
import type { Ports } from '../ports.ts';
import { buildReport } from './build-report.ts';

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

/** Writes the report from the evidence and records how the run ended. */
export const createCloseRun = (ports: Ports) =>
  async function closeRun(closing: Closing): Promise<RunResult> {
    const { run, snapshot, verdicts, outcome, version, reason, release } = closing;
    const result: RunResult = { outcome, version, verdicts, reason, report: null };
    const report = closing.withReport
      ? await ports.store.putBlob(new TextEncoder().encode(await buildReport(ports, closing, result)))
      : null;
    const closed: RunResult = { ...result, report };
    await ports.registry.recordRun({
      schema: 'pawl.run/1',
      run,
      snapshot,
      release,
      result: closed,
      endedAt: new Date(ports.now()).toISOString(),
    });
    return closed;
  };
