import { cancellationSignal } from '@temporalio/activity';
import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { stagingEvidenceSchema, type StagingMeasurement } from '../../contracts/evidence/staging.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { Candidate, GateResult, Run } from '../../contracts/run/run.ts';
import { busyMachine, judgeStaging } from '../../policy/gates/staging.ts';
import { gateResult } from '../support/gate-result.ts';
import type { Ports } from '../ports.ts';
import { reportProgress } from '../support/progress.ts';
import { loadPinned } from '../support/labelled-rows.ts';

/** A machine that is busy so often is held for a person. */
const mostAttempts = 3;

/** Whether a busy machine, not the model, kept the measurement from passing. */
const isSpoiled = (measurement: StagingMeasurement, gate: ModelDefinition['staging']): boolean =>
  judgeStaging(measurement, gate).status === 'inconclusive' && busyMachine(measurement) !== null;

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
    const bytes = await ports.store.getBlob(candidate.model);
    const { rate, duration } = definition.staging;
    const measure = () =>
      ports.staging.benchmark(
        {
          model: run.model,
          bytes,
          rows,
          rate,
          durationMs: duration,
          onSent: (sent, total) => reportProgress(sent, total, 'requests'),
        },
        cancellationSignal(),
      );
    let measurement = await measure();
    let attempts = 1;
    for (; attempts < mostAttempts && isSpoiled(measurement, definition.staging); attempts += 1)
      measurement = await measure();
    const verdict = judgeStaging(measurement, definition.staging);
    return gateResult(ports.store, stagingEvidenceSchema, {
      schema: 'pawl.evidence.staging/1',
      run: run.id,
      measurement,
      attempts,
      verdict,
    });
  };
