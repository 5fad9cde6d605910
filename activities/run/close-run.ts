import type { Closing } from '../../contracts/run/closing.ts';
import type { RunResult } from '../../contracts/run/run.ts';
import type { Ports } from '../ports.ts';
import { buildReport } from './build-report.ts';

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
