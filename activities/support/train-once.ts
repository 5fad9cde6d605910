import { z } from 'zod';
import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { digestSchema, type Digest } from '../../contracts/digest.ts';
import { trainingEvidenceSchema, type TrainingEvidence } from '../../contracts/evidence/training.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import { candidateSchema, type Run } from '../../contracts/run/run.ts';
import { trainingNote } from '../../contracts/evidence/training-note.ts';
import { fittedCodes } from '../../ml/training/encoding.ts';
import type { EpochReport } from '../../ports/trainer/port.ts';
import { checkpointsOf } from './checkpoints.ts';
import { saveDocument } from './documents.ts';
import { describeJob, type Job } from './job.ts';
import { loadPinned, loadSide } from './labelled-rows.ts';
import type { Ports } from '../ports.ts';
import { onceFor, type Reused } from './reuse.ts';
import { trainOn, type Watch } from './train-on.ts';

const trainedModelSchema = z.object({
  candidate: candidateSchema,
  evidence: digestSchema,
  /** What is to be done about a training that ended before it was over. */
  note: z.string().optional(),
});
/** What training hands over. */
export type TrainedModel = Reused<z.infer<typeof trainedModelSchema>>;

interface TrainingRows {
  readonly run: Run;
  readonly snapshot: SnapshotRef;
}

/** Trains by the run's definition, unless that was done before. */
export async function trainOnce(ports: Ports, rows: TrainingRows): Promise<TrainedModel> {
  const job = await jobOf(ports, rows);
  return onceFor(ports.store, job, trainedModelSchema, () => train(ports, rows, job));
}

const lookSchema = z.object({ steps: z.int(), loss: z.number() });
const lookedSchema = z.object({ look: lookSchema.nullable() });

/** Trains so many steps and keeps the checkpoint. Returns the validation loss then; null where the training ended before. */
export async function trainUpTo(
  ports: Ports,
  rows: TrainingRows,
  steps: number,
): Promise<z.infer<typeof lookSchema> | null> {
  const job = await jobOf(ports, rows);
  const { look } = await onceFor(ports.store, { ...job, key: `${job.key}/${steps}` }, lookedSchema, async () => {
    const before = await checkpointsOf(ports.store, job).lossAt(steps);
    if (before !== null) return { look: { steps, loss: before } };
    const last: { report: EpochReport | null } = { report: null };
    const pause = new AbortController();
    const watch: Watch = {
      signal: pause.signal,
      pauseAt: steps,
      onEpoch(report) {
        last.report = report;
        if (report.epoch >= steps) pause.abort(new Paused());
      },
    };
    try {
      await onceFor(ports.store, job, trainedModelSchema, () => train(ports, rows, job, watch));
      return { look: null };
    } catch (error) {
      if (!(error instanceof Paused) || last.report === null) throw error;
      return { look: { steps: last.report.epoch, loss: last.report.validationLoss } };
    }
  });
  return look;
}

class Paused extends Error {}

async function jobOf(ports: Ports, { run, snapshot }: TrainingRows): Promise<Job> {
  return describeJob(ports, run, 'train', { rows: snapshot.data, provider: await ports.trainer.provider() });
}

async function train(ports: Ports, { run, snapshot }: TrainingRows, job: Job, watch?: Watch): Promise<TrainedModel> {
  const pinned = await loadPinned(ports, run);
  const rows = {
    train: await loadSide(ports, pinned, snapshot, 'train', { forTraining: true }),
    validation: await loadSide(ports, pinned, snapshot, 'validation', { forTraining: true }),
    what: `snapshot ${snapshot.data}`,
  };
  const startedAt = ports.now();
  const checkpoints = checkpointsOf(ports.store, job);
  const { outcome, features, resumed } = await trainOn(ports, pinned, run, rows, checkpoints, watch);
  const model = await ports.store.putBlob(outcome.model);
  return saveTrained(ports, run, model, {
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

/** Stores what is known of how a model came to be; null of one that was imported. */
export async function saveTrained(
  ports: Pick<Ports, 'store'>,
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
  const note = training === null ? null : trainingNote(training);
  return { candidate: { model, fp32: model, variant: 'fp32' }, evidence, ...(note === null ? {} : { note }) };
}
