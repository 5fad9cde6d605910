import { cancellationSignal } from '@temporalio/activity';
import { PawlError } from '../../contracts/errors.ts';
import { trainingSteps } from '../../contracts/model/trainer.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Run } from '../../contracts/run/run.ts';
import { thresholdOf } from '../../contracts/model/threshold.ts';
import type { EpochReport, TrainingHooks, TrainingJob, TrainingOutcome } from '../../ports/trainer/port.ts';
import type { Ports } from '../ports.ts';
import { noCheckpoint, type Checkpoints, type ResumedFrom } from './checkpoints.ts';
import type { LabelledRows, Pinned } from './labelled-rows.ts';
import { programSources } from './program.ts';
import { progressReporter } from './progress.ts';

interface Rows {
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
  /** What they are of, for messages, and what to do where there are none. */
  readonly what: string;
  readonly remedy?: string;
}

/** Hears of each epoch when its checkpoint is kept, and may end the training there: it then fails with the reason of the signal. */
export interface Watch {
  readonly signal: AbortSignal;
  /** The step at which it will. */
  readonly pauseAt: number;
  readonly onEpoch: (report: EpochReport) => void;
}

export interface TrainedOn {
  readonly outcome: TrainingOutcome;
  readonly features: TrainingJob['features'];
  readonly resumed: ResumedFrom;
}

/**
 * Trains by the definition on some rows, and stops by others. Goes on from a checkpoint of the same job, or begins again where that is of no use. Throws
 * `InvalidDataError` where there are no rows of either, and what the trainer throws.
 */
export async function trainOn(
  ports: Pick<Ports, 'store' | 'trainer' | 'imports' | 'registry'>,
  pinned: Pinned,
  run: Run,
  { train, validation, what, remedy = '' }: Rows,
  checkpoints: Checkpoints,
  watch?: Watch,
): Promise<TrainedOn> {
  const { definition, dataset, labelSpace } = pinned;
  if (train.frame.rowCount === 0 || validation.frame.rowCount === 0)
    throw new PawlError(
      errorTypes.invalidData,
      `${what} has ${train.frame.rowCount} rows to train on and ${validation.frame.rowCount} to validate with: both sides need some${remedy}`,
    );
  const features = definition.features.map((name) => {
    const column = dataset.columns[name];
    if (column === undefined)
      throw new PawlError(errorTypes.invalidConfig, `feature "${name}" is not a column of ${dataset.dataset}`);
    return { name, column };
  });
  const program = await programSources(ports, run, pinned);
  const job: Omit<TrainingJob, 'resume'> = {
    settings: definition.trainer,
    seed: run.seed,
    features,
    train: train.frame,
    validation: validation.frame,
    trainLabels: train.outcomes.truth,
    validationLabels: validation.outcomes.truth,
    trainWeights: train.outcomes.weights ?? null,
    validationWeights: validation.outcomes.weights ?? null,
    trainQueries: train.outcomes.query ?? null,
    validationQueries: validation.outcomes.query ?? null,
    labelSpace,
    threshold: thresholdOf(definition, labelSpace),
    ...(program === undefined ? {} : { program }),
    ...(watch === undefined ? {} : { pauseAt: watch.pauseAt }),
  };
  return { ...(await resumed(ports, job, checkpoints, watch)), features };
}

async function resumed(
  { trainer }: Pick<Ports, 'trainer'>,
  job: Omit<TrainingJob, 'resume'>,
  checkpoints: Checkpoints,
  watch: Watch | undefined,
): Promise<Omit<TrainedOn, 'features'>> {
  const hooks = hooksFor(job, checkpoints, watch);
  const { bytes, from } = await checkpoints.load();
  try {
    return { outcome: await trainer.train({ ...job, resume: bytes }, hooks), resumed: from };
  } catch (error) {
    const isUnusable = bytes !== null && error instanceof PawlError && error.type === errorTypes.corruptArtifact;
    if (!isUnusable) throw error;
    return { outcome: await trainer.train({ ...job, resume: null }, hooks), resumed: noCheckpoint(error.message) };
  }
}

function hooksFor(
  { settings }: Pick<TrainingJob, 'settings'>,
  checkpoints: Checkpoints,
  watch: Watch | undefined,
): TrainingHooks {
  const report = progressReporter();
  const { several, most } = trainingSteps[settings.kind];
  const total: unknown = most === null ? null : (settings as Readonly<Record<string, unknown>>)[most];
  return {
    signal: watch === undefined ? cancellationSignal() : AbortSignal.any([cancellationSignal(), watch.signal]),
    async onEpoch(heard, checkpoint) {
      const { epoch } = heard;
      if (checkpoint !== null) await checkpoints.save(heard, checkpoint);
      watch?.onEpoch(heard);
      report(epoch, typeof total === 'number' ? total : null, several);
    },
  };
}
