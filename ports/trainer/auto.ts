import type { SettingsOf } from '../../contracts/model/trainer.ts';
import { autoCandidates, type AutoCandidate } from '../../ml/training/auto-candidates.ts';
import { chooseSimplest } from '../../ml/training/choose-simplest.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import type { InferenceEngine } from '../inference/port.ts';
import { fingerprintOf } from './fingerprint.ts';
import { decodeTried, encodeTried, type Finished } from './auto-checkpoint.ts';
import type { SingleTrainer, Trainer, TrainingHooks, TrainingJob, TrainingOutcome } from './port.ts';

/**
 * Trains by the kind of the settings; of kind `auto` the candidates of `autoCandidates` one after the other, and takes the simplest one whose validation
 * loss is within one standard error of the least. No candidate begins, and one that runs is ended, when the minutes are over; the first one
 * is always trained.
 */
export function createTrainer(
  single: SingleTrainer,
  inference: Pick<InferenceEngine, 'load'>,
  now = Date.now,
): Trainer {
  return {
    provider: () => single.provider(),
    async train(job, hooks) {
      const { settings } = job;
      return settings.kind === 'auto'
        ? trainEach({ ...job, settings }, { single, inference, now }, hooks)
        : single.train({ ...job, settings }, hooks);
    },
  };
}

interface Tools {
  readonly single: SingleTrainer;
  readonly inference: Pick<InferenceEngine, 'load'>;
  readonly now: () => number;
}

type AutoJob = TrainingJob<SettingsOf<'auto'>>;

async function trainEach(job: AutoJob, tools: Tools, hooks: TrainingHooks): Promise<TrainingOutcome> {
  const candidates = autoCandidates(job.train.rowCount);
  const until = tools.now() + job.settings.minutes * 60_000;
  const fingerprint = fingerprintOf(job, [
    job.features.map(({ name }) => name),
    job.train.rowCount,
    job.validation.rowCount,
  ]);
  const before = job.resume === null ? null : decodeTried(fingerprint, job.resume);
  const finished = [...(before?.finished ?? [])];
  const tried: { candidate: AutoCandidate; outcome: TrainingOutcome; losses: Float64Array }[] = [];
  const late: string[] = [];
  for (const [at, candidate] of candidates.entries()) {
    const resume = before?.finished.length === at ? before.within : null;
    const outcome =
      finished[at] ?? (await trainOne(job, { candidate, at, until, resume, finished, fingerprint }, tools, hooks));
    if (outcome === null) {
      late.push(candidate.name);
      continue;
    }
    if (at === finished.length) finished.push(outcome);
    tried.push({ candidate, outcome, losses: await validationLosses(job, outcome, tools, hooks.signal) });
  }
  const { chosen, compared } = chooseSimplest(
    tried.map(({ losses }) => losses),
    job.validationWeights,
  );
  return {
    ...tried[chosen]!.outcome,
    tried: [
      ...tried.map(({ candidate: { name }, outcome }, at) => ({
        name,
        ...compared[at]!,
        steps: outcome.curve.length,
        parameters: outcome.parameters,
        chosen: at === chosen,
      })),
      ...late.map((name) => ({ name, late: true as const })),
    ],
  };
}

interface Turn {
  readonly candidate: AutoCandidate;
  readonly at: number;
  /** When the minutes are over. */
  readonly until: number;
  readonly resume: Uint8Array | null;
  readonly finished: readonly Finished[];
  /** Of the job, as its checkpoints name it. */
  readonly fingerprint: string;
}

/** Null where the minutes are over. */
async function trainOne(
  job: AutoJob,
  { candidate, at, until, resume, finished, fingerprint }: Turn,
  { single, now }: Tools,
  hooks: TrainingHooks,
): Promise<TrainingOutcome | null> {
  const over = new AbortController();
  const left = until - now();
  if (at > 0 && left <= 0) return null;
  const timer = at > 0 ? setTimeout(() => over.abort(), left) : undefined;
  try {
    return await single.train(
      { ...job, settings: candidate.settings, resume },
      {
        signal: AbortSignal.any([hooks.signal, over.signal]),
        onEpoch: (report, within) =>
          hooks.onEpoch(report, within === null ? null : encodeTried(fingerprint, { finished, within })),
      },
    );
  } catch (error) {
    if (over.signal.aborted && !hooks.signal.aborted) return null;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function validationLosses(
  { validation, validationLabels, labelSpace }: AutoJob,
  { model }: TrainingOutcome,
  { inference }: Tools,
  signal: AbortSignal,
): Promise<Float64Array> {
  const loaded = await inference.load(model);
  try {
    return taskFor(labelSpace).learnedLosses(validationLabels, await loaded.predict(validation, labelSpace, signal));
  } finally {
    await loaded.release();
  }
}
