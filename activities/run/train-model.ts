import { thresholdOf } from '../../contracts/model/threshold.ts';
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { trainingEvidenceSchema, type TrainingEvidence } from '../../contracts/evidence/training.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Candidate, Run } from '../../contracts/run/run.ts';
import { batchSizeFor } from '../../ml/training/plan.ts';
import { fittedCodes } from '../../ml/training/encoding.ts';
import { takeImport } from '../support/take-import.ts';
import { saveDocument } from '../support/documents.ts';
import { untilCancelled, withHeartbeat } from '../support/heartbeat.ts';
import { loadModel } from '../support/load-model.ts';
import type { Ports } from '../ports.ts';
import { loadPinned, loadSide } from '../support/labelled-rows.ts';

export interface TrainedModel {
  candidate: Candidate;
  evidence: Digest;
}

/** What a heartbeat carries: the place to go on from after a kill. */
interface Checkpoint {
  epoch: number;
  digest: Digest;
}

/** Trains the candidate, or takes the imported model. A killed attempt goes on from its last checkpoint, on any worker. */
export const createTrainModel = (ports: Ports) =>
  async function trainModel(input: { run: Run; snapshot: SnapshotRef }): Promise<TrainedModel> {
    const { run } = input;
    if (run.imported !== null) return takeImported(ports, run, run.imported);
    const before = activityInfo().heartbeatDetails as Checkpoint | undefined;
    let last = before;
    return withHeartbeat(
      () => untilCancelled(train(ports, input, before, (checkpoint) => (last = checkpoint))),
      () => last,
    );
  };

async function train(
  ports: Ports,
  { run, snapshot }: { run: Run; snapshot: SnapshotRef },
  before: Checkpoint | undefined,
  onCheckpoint: (checkpoint: Checkpoint) => void,
): Promise<TrainedModel> {
  const pinned = await loadPinned(ports, run);
  const { definition, dataset } = pinned;
  const trainSide = await loadSide(ports, pinned, snapshot, 'train');
  const validationSide = await loadSide(ports, pinned, snapshot, 'validation');
  if (trainSide.frame.rowCount === 0 || validationSide.frame.rowCount === 0)
    throw new PawlError(
      errorTypes.invalidData,
      `snapshot ${snapshot.data} has ${trainSide.frame.rowCount} rows to train on and ${validationSide.frame.rowCount} to validate with: both sides need some`,
    );
  const resume = before === undefined ? null : await ports.store.getBlob(before.digest);
  const startedAt = ports.now();
  const features = definition.features.map((name) => {
    const column = dataset.columns[name];
    if (column === undefined)
      throw new PawlError(errorTypes.invalidConfig, `feature "${name}" is not a column of ${dataset.dataset}`);
    return { name, column };
  });
  const settings = {
    ...definition.trainer,
    batchSize: definition.trainer.batchSize ?? batchSizeFor(trainSide.frame.rowCount),
  };
  const outcome = await ports.trainer.train(
    {
      settings,
      seed: run.seed,
      features,
      train: trainSide.frame,
      validation: validationSide.frame,
      trainLabels: trainSide.outcomes.truth,
      validationLabels: validationSide.outcomes.truth,
      labelSpace: pinned.labelSpace,
      threshold: thresholdOf(definition, pinned.labelSpace),
      resume,
    },
    {
      signal: cancellationSignal(),
      async onEpoch(report, checkpoint) {
        onCheckpoint({ epoch: report.epoch, digest: await ports.store.putBlob(checkpoint) });
      },
    },
  );
  const model = await ports.store.putBlob(outcome.model);
  return finish(ports, run, model, {
    settings,
    seed: run.seed,
    rows: { train: trainSide.frame.rowCount, validation: validationSide.frame.rowCount },
    curve: [...outcome.curve],
    bestEpoch: outcome.bestEpoch,
    provider: outcome.provider,
    parameters: outcome.parameters,
    codes: fittedCodes(features, trainSide.frame),
    environment: { ...outcome.environment },
    resumedFrom: before?.epoch ?? 0,
    ms: ports.now() - startedAt,
  });
}

/** Adapts the imported model to its definition, so that one that cannot be judged or served fails here. Throws `InvalidModelError` with all reasons. */
async function takeImported(ports: Ports, run: Run, model: Digest): Promise<TrainedModel> {
  const { definition, dataset } = await loadPinned(ports, run);
  const taken = await takeImport(await ports.store.getBlob(model), definition, dataset, async (bytes) =>
    loadModel(ports, await ports.store.putBlob(bytes), true),
  );
  if (!('bytes' in taken))
    throw new PawlError(
      errorTypes.invalidModel,
      `the imported model does not fit "${run.model}": ${taken.faults.join('; ')}`,
      { model },
    );
  return finish(ports, run, await ports.store.putBlob(taken.bytes), null);
}

async function finish(
  ports: Ports,
  run: Run,
  model: Digest,
  training: TrainingEvidence['training'],
): Promise<TrainedModel> {
  const evidence = await saveDocument(ports.store, trainingEvidenceSchema, {
    schema: 'pawl.evidence.training/1',
    run: run.id,
    model,
    training,
  });
  return { candidate: { model, fp32: model, variant: 'fp32' }, evidence };
}
