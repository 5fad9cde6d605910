import { cancellationSignal } from '@temporalio/activity';
import type { Frame } from '../../contracts/data/frame.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { stagingEvidenceSchema, type StagingMeasurement } from '../../contracts/evidence/staging.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { Candidate, GateResult, Run } from '../../contracts/run/run.ts';
import { busyMachine, judgeStaging } from '../../policy/gates/staging.ts';
import { drawRows } from '../../ml/tensors/draw-rows.ts';
import { bodiesOfRows, bodyOfTensors, type RequestBody } from '../../codec/request-bodies.ts';
import { drawnOf } from '../support/drawn-of.ts';
import { gateResult } from '../support/gate-result.ts';
import type { Ports } from '../ports.ts';
import { reportProgress } from '../support/progress.ts';
import { loadPinned, type Pinned } from '../support/labelled-rows.ts';

/** A machine that is busy so often is held for a person. */
const mostAttempts = 3;

/** Distinct requests; more would only cost memory. */
const mostRequests = 500;

/** Whether a busy machine, not the model, kept the measurement from passing. */
const isSpoiled = (measurement: StagingMeasurement, gate: ModelDefinition['staging']): boolean =>
  judgeStaging(measurement, gate).status === 'inconclusive' && busyMachine(measurement) !== null;

/** Puts the candidate under open-loop load in a second, real gateway process and judges it by the definition's SLO. */
export const createBenchmarkModel = (ports: Ports) =>
  async function benchmarkModel(input: {
    run: Run;
    candidate: Candidate;
    /** Null of a model on tensors, whose import, `training`, says what its inputs are given. */
    snapshot: SnapshotRef | null;
    training?: Digest;
  }): Promise<GateResult> {
    const { run, candidate, snapshot, training } = input;
    const pinned = await loadPinned(ports, run);
    const { definition } = pinned;
    const requests =
      snapshot === null
        ? await madeUpRequests(ports, run, training)
        : bodiesOfRows(await testRows(ports, pinned, snapshot), mostRequests);
    const bytes = await ports.store.getBlob(candidate.model);
    const { rate, duration } = definition.staging;
    const measure = () =>
      ports.staging.benchmark(
        {
          model: run.model,
          bytes,
          requests,
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

const testRows = async (ports: Ports, { definition, dataset }: Pinned, snapshot: SnapshotRef): Promise<Frame> =>
  ports.tables.readFrame({
    path: await ports.store.fetchFile(snapshot.data),
    dataset,
    columns: definition.features,
    split: { rule: definition.split, side: 'test' },
    limit: mostRequests,
  });

/** Bytes of made-up requests: a few pictures are as many as hundreds of texts. */
const mostBytes = 64 * 1024 ** 2;

/** Requests of one made-up row each, of a model on tensors. */
async function madeUpRequests(ports: Ports, run: Run, training: Digest | undefined): Promise<RequestBody[]> {
  if (training === undefined) throw new Error('a model without rows is staged by what its import found');
  const inputs = await drawnOf(ports, training);
  const requests: RequestBody[] = [];
  for (let bytes = 0; requests.length < mostRequests && bytes < mostBytes;) {
    const request = bodyOfTensors(drawRows(inputs, 1, run.seed + requests.length));
    bytes += request.bytes.length;
    requests.push(request);
  }
  return requests;
}
