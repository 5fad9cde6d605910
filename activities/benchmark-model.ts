import { cancellationSignal } from '@temporalio/activity';
import type { SnapshotRef } from '../contracts/dataset.ts';
import { stagingEvidenceSchema } from '../contracts/evidence/staging.ts';
import type { Candidate, GateResult, Run } from '../contracts/run.ts';
import { judgeStaging } from '../policy/judge-staging.ts';
import { gateResult } from './gate-result.ts';
import type { Ports } from './ports.ts';
import { loadPinned } from './rows.ts';

/** Puts the candidate under open-loop load in a second, real gateway process and judges it by the definition's SLO. */
export const createBenchmarkModel = (ports: Ports) =>
  async function benchmarkModel(input: { run: Run; candidate: Candidate; snapshot: SnapshotRef }): Promise<GateResult> {
    const { run, candidate, snapshot } = input;
    const { definition, dataset } = await loadPinned(ports, run);
    const rows = await ports.tables.readFrame({
      path: await ports.store.fetchFile(snapshot.data),
      dataset,
      columns: definition.features,
      split: { rule: definition.split, side: 'test' },
      limit: 500,
    });
    const measurement = await ports.staging.benchmark(
      {
        model: run.model,
        bytes: await ports.store.getBlob(candidate.model),
        rows,
        rate: definition.staging.rate,
        durationMs: definition.staging.duration,
      },
      cancellationSignal(),
    );
    const verdict = judgeStaging(measurement, definition.staging);
    return gateResult(ports.store, stagingEvidenceSchema, {
      schema: 'pawl.evidence.staging/1',
      run: run.id,
      measurement,
      verdict,
    });
  };
