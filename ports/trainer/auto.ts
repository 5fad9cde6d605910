import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { SettingsOf } from '../../contracts/model/trainer.ts';
import { autoCandidates, type AutoCandidate } from '../../ml/training/auto-candidates.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import type { LearnedLosses } from '../../ml/tasks/task.ts';
import type { InferenceEngine } from '../inference/port.ts';
import { checkLabels } from './check-labels.ts';
import { fingerprintOf } from './fingerprint.ts';
import { decodeTried, encodeTried, type Finished, type Unusable } from './auto-checkpoint.ts';
import { simplestOf, type Tried } from './simplest-of.ts';
import type { SingleTrainer, Trainer, TrainingHooks, TrainingJob, TrainingOutcome } from './port.ts';

/**
 * Trains by the kind of the settings; of kind `auto` the candidates of `autoCandidates` one after the other, and takes the simplest one whose validation
 * loss is within one standard error of the least. A candidate without a finite loss is left out. No candidate begins, and one that runs is ended, when the minutes are over; the first one
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
  checkLabels(job);
  const fingerprint = fingerprintOf(job, [
    job.features.map(({ name }) => name),
    job.train.rowCount,
    job.validation.rowCount,
  ]);
  const before = job.resume === null ? null : decodeTried(fingerprint, job.resume);
  const began = tools.now() - (before?.usedMs ?? 0);
  const finished = [...(before?.finished ?? [])];
  const tried: Tried[] = [];
  for (const [at, candidate] of autoCandidates(job.train.rowCount).entries()) {
    const resume = before?.finished.length === at ? before.within : null;
    const outcome =
      finished[at] ?? (await trainOne(job, { candidate, at, began, resume, finished, fingerprint }, tools, hooks));
    if (outcome !== null && at === finished.length) finished.push(outcome);
    tried.push({ name: candidate.name, ...(await judged(job, outcome, tools, hooks.signal)) });
  }
  return simplestOf(tried);
}

interface Turn {
  readonly candidate: AutoCandidate;
  readonly at: number;
  /** When the first attempt would have begun without a break. */
  readonly began: number;
  readonly resume: Uint8Array | null;
  readonly finished: readonly Finished[];
  /** Of the job, as its checkpoints name it. */
  readonly fingerprint: string;
}

/** Null where the minutes are over. */
async function trainOne(
  job: AutoJob,
  { candidate, at, began, resume, finished, fingerprint }: Turn,
  { single, now }: Tools,
  hooks: TrainingHooks,
): Promise<Finished | null> {
  const over = new AbortController();
  const left = began + job.settings.minutes * 60_000 - now();
  if (at > 0 && left <= 0) return null;
  const timer = at > 0 ? setTimeout(() => over.abort(), left) : undefined;
  try {
    return await single.train(
      { ...job, settings: candidate.settings, resume },
      {
        signal: AbortSignal.any([hooks.signal, over.signal]),
        onEpoch: (report, within) =>
          hooks.onEpoch(
            report,
            within === null ? null : encodeTried(fingerprint, { finished, within, usedMs: now() - began }),
          ),
      },
    );
  } catch (error) {
    if (over.signal.aborted && !hooks.signal.aborted) return null;
    if (error instanceof PawlError && error.type === errorTypes.invalidData) return { unusable: error.message };
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** What the validation rows say of a candidate. */
async function judged(
  job: AutoJob,
  outcome: Finished | null,
  tools: Tools,
  signal: AbortSignal,
): Promise<Unusable | { late: true } | ({ outcome: TrainingOutcome } & LearnedLosses)> {
  if (outcome === null) return { late: true };
  if ('unusable' in outcome) return outcome;
  const { losses, weights } = await validationLosses(job, outcome, tools, signal);
  if (losses.length === 0) return { unusable: 'no query of the validation rows has a relevant row' };
  const odd = losses.filter((loss) => !Number.isFinite(loss)).length;
  return odd === 0
    ? { outcome, losses, weights }
    : { unusable: `the loss of ${odd} validation rows is not a finite number` };
}

async function validationLosses(
  { validation, validationLabels, validationWeights, validationQueries, labelSpace }: AutoJob,
  { model }: TrainingOutcome,
  { inference }: Tools,
  signal: AbortSignal,
): Promise<LearnedLosses> {
  const outcomes = {
    truth: validationLabels,
    ...(validationWeights !== null && { weights: validationWeights }),
    ...(validationQueries !== null && { query: validationQueries }),
  };
  const loaded = await inference.load(model);
  try {
    return taskFor(labelSpace).learnedLosses(outcomes, await loaded.predict(validation, labelSpace, signal));
  } finally {
    await loaded.release();
  }
}
