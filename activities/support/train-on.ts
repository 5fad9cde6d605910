import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Run } from '../../contracts/run/run.ts';
import { thresholdOf } from '../../contracts/model/threshold.ts';
import type { TrainingJob, TrainingOutcome } from '../../ports/trainer/port.ts';
import type { Ports } from '../ports.ts';
import { untilCancelled, withHeartbeat } from './heartbeat.ts';
import type { LabelledRows, Pinned } from './labelled-rows.ts';
import { programSources } from './program.ts';

/** What a heartbeat carries: the place to go on from after a kill. */
interface Checkpoint {
  epoch: number;
  digest: Digest;
}

export interface Resume {
  /** Of an attempt before; undefined without. */
  readonly before: Checkpoint | undefined;
  readonly onCheckpoint: (checkpoint: Checkpoint) => void;
}

/** Runs an activity that trains once, with heartbeats. A killed attempt goes on from its last checkpoint, on any worker. */
export function resumable<T>(work: (resume: Resume) => Promise<T>): Promise<T> {
  const before = activityInfo().heartbeatDetails as Checkpoint | undefined;
  let last = before;
  return withHeartbeat(
    () => untilCancelled(work({ before, onCheckpoint: (checkpoint) => (last = checkpoint) })),
    () => last,
  );
}

interface Rows {
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
  /** What they are of, for messages, and what to do where there are none. */
  readonly what: string;
  readonly remedy?: string;
}

export interface TrainedOn {
  readonly outcome: TrainingOutcome;
  readonly features: TrainingJob['features'];
}

/**
 * Trains by the definition on some rows, and stops by others. Throws `InvalidDataError` where there are none of either, and what the trainer throws.
 */
export async function trainOn(
  ports: Pick<Ports, 'store' | 'trainer' | 'imports' | 'registry'>,
  pinned: Pinned,
  run: Run,
  { train, validation, what, remedy = '' }: Rows,
  { before, onCheckpoint }: Resume,
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
  const job: TrainingJob = {
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
    resume: before === undefined ? null : await ports.store.getBlob(before.digest),
    ...(program === undefined ? {} : { program }),
  };
  const outcome = await ports.trainer.train(job, {
    signal: cancellationSignal(),
    async onEpoch({ epoch }, checkpoint) {
      if (checkpoint !== null) onCheckpoint({ epoch, digest: await ports.store.putBlob(checkpoint) });
    },
  });
  return { outcome, features };
}
