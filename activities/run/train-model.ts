import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { digestSchema, type Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import { z } from 'zod';
import { trainingEvidenceSchema, type TrainingEvidence } from '../../contracts/evidence/training.ts';
import { errorTypes } from '../../contracts/names.ts';
import { candidateSchema, type Run } from '../../contracts/run/run.ts';
import { shownReasons } from '../../contracts/shown-text.ts';
import { fittedCodes } from '../../ml/training/encoding.ts';
import { saveDocument } from '../support/documents.ts';
import type { Ports } from '../ports.ts';
import { loadPinned, loadSide } from '../support/labelled-rows.ts';
import { checkpointsOf } from '../support/checkpoints.ts';
import { describeJob, type Job } from '../support/job.ts';
import { onceFor, type Reused } from '../support/reuse.ts';
import { trainOn } from '../support/train-on.ts';

const trainedModelSchema = z.object({ candidate: candidateSchema, evidence: digestSchema });
export type TrainedModel = Reused<z.infer<typeof trainedModelSchema>>;

/** Trains the candidate, or takes the imported model. */
export const createTrainModel = (ports: Ports) =>
  async function trainModel(input: { run: Run; snapshot: SnapshotRef | null }): Promise<TrainedModel> {
    const { run, snapshot } = input;
    if (run.imported !== null) return takeImported(ports, run, run.imported);
    if (snapshot === null) throw new Error('a run that trains has rows');
    const provider = await ports.trainer.provider();
    const job = await describeJob(ports, run, 'train', { rows: snapshot.data, provider });
    return onceFor(ports.store, job, trainedModelSchema, () => train(ports, { run, snapshot }, job));
  };

async function train(
  ports: Ports,
  { run, snapshot }: { run: Run; snapshot: SnapshotRef },
  job: Job,
): Promise<TrainedModel> {
  const pinned = await loadPinned(ports, run);
  const rows = {
    train: await loadSide(ports, pinned, snapshot, 'train', { forTraining: true }),
    validation: await loadSide(ports, pinned, snapshot, 'validation', { forTraining: true }),
    what: `snapshot ${snapshot.data}`,
  };
  const startedAt = ports.now();
  const { outcome, features, resumed } = await trainOn(ports, pinned, run, rows, checkpointsOf(ports.store, job));
  const model = await ports.store.putBlob(outcome.model);
  return finish(ports, run, model, {
    settings: outcome.settings,
    seed: run.seed,
    rows: { train: rows.train.frame.rowCount, validation: rows.validation.frame.rowCount },
    curve: [...outcome.curve],
    bestEpoch: outcome.bestEpoch,
    provider: outcome.provider,
    parameters: outcome.parameters,
    codes: fittedCodes(features, rows.train.frame),
    environment: { ...outcome.environment },
    ...(outcome.tried === undefined ? {} : { tried: [...outcome.tried] }),
    ...(outcome.program === undefined ? {} : { program: { ...outcome.program, log: [...outcome.program.log] } }),
    ...(outcome.linear === undefined ? {} : { linear: outcome.linear }),
    resumed,
    ms: ports.now() - startedAt,
  });
}

/** Adapts the imported model to its definition, so that one that cannot be judged or served fails here. Throws `InvalidModelError` with all reasons. */
async function takeImported(ports: Ports, run: Run, model: Digest): Promise<TrainedModel> {
  const { definition, dataset } = await loadPinned(ports, run);
  const taken = await ports.imports.examine(await ports.store.getBlob(model), definition, dataset);
  if (!('bytes' in taken))
    throw new PawlError(
      errorTypes.invalidModel,
      `the imported model does not fit "${run.model}": ${shownReasons(taken.faults)}`,
      { model },
    );
  return finish(ports, run, await ports.store.putBlob(taken.bytes), null, taken.drawn);
}

async function finish(
  ports: Ports,
  run: Run,
  model: Digest,
  training: TrainingEvidence['training'],
  drawn: readonly DrawnInput[] | null = null,
): Promise<TrainedModel> {
  const evidence = await saveDocument(ports.store, trainingEvidenceSchema, {
    schema: 'pawl.evidence.training/1',
    run: run.id,
    model,
    ...(drawn === null ? {} : { drawn: [...drawn] }),
    training,
  });
  return { candidate: { model, fp32: model, variant: 'fp32' }, evidence };
}
