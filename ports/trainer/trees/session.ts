import { setImmediate } from 'node:timers/promises';
import { boost, type Boosted, type BoostJob } from '../../../ml/gbdt/boost.ts';
import { decodeTrees, encodeTrees } from '../../../ml/gbdt/checkpoint.ts';
import { exportedTrees } from '../../../ml/gbdt/export.ts';
import type { Team } from '../../../ml/gbdt/team.ts';
import { encodeModel } from '../../../ml/onnx/proto.ts';
import type { Learned } from '../../../ml/gbdt/objective.ts';
import { queriesOf } from '../../../ml/tasks/ranking/queries.ts';
import { taskFor } from '../../../ml/tasks/index.ts';
import { unscaled, type TargetScale } from '../../../ml/training/head.ts';
import { environment } from '../environment.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { TreesJob } from '../messages.ts';
import type { OnEpoch, TrainingOutcome } from '../port.ts';

/** Bins of rows that are read between two checkpoints, about a second's worth, and rounds at most. */
const binsOfCheckpoint = 400_000_000;
const mostRounds = 50;

/** Grows trees until patience or rounds end, and exports those up to the best round. */
export async function trainTrees(job: TreesJob, onEpoch: OnEpoch, team?: Team): Promise<TrainingOutcome> {
  const { head, boosting } = taskFor(job.labelSpace);
  const scale = boosting.ofRawLabels ? unscaled : head.scale(job.trainLabels);
  const boostJob: BoostJob = {
    settings: job.settings,
    seed: job.seed,
    binning: job.binning,
    train: {
      binned: job.train,
      labels: scaled(job.trainLabels, scale),
      weights: job.trainWeights,
      ...grouped(job.trainQueries),
    },
    validation: {
      binned: job.validation,
      labels: scaled(job.validationLabels, scale),
      weights: job.validationWeights,
      ...grouped(job.validationQueries),
    },
    objective: boosting,
    labelSpace: job.labelSpace,
  };
  const fingerprint = fingerprintOfTrees(job);
  const before = job.resume === null ? null : decodeTrees(fingerprint, job.resume);
  const width = Math.max(1, job.binning.length) * head.width(job.labelSpace);
  const every = Math.max(1, Math.min(mostRounds, Math.round(binsOfCheckpoint / (width * job.train.rows))));
  const rounds = boost(boostJob, before, team);
  let state: Boosted;
  for (;;) {
    const step = rounds.next();
    state = step.value;
    if (step.done === true) break;
    const report = state.curve.at(-1)!;
    const isKept = report.epoch % every === 0 || report.epoch === job.pauseAt;
    await onEpoch(report, isKept ? encodeTrees(fingerprint, state) : null);
    await setImmediate();
  }
  const { labelSpace: space, threshold, binning, settings } = job;
  const kept = state.rounds.slice(0, state.bestRound);
  const model = exportedTrees({ binning, start: state.start, rounds: kept, head, answer: { space, scale, threshold } });
  return {
    model: encodeModel(model),
    settings,
    curve: state.curve,
    bestEpoch: state.bestRound,
    provider: 'cpu',
    parameters: kept.flat().reduce((sum, tree) => sum + tree.column.length + tree.value.length, 0),
    environment: environment(),
  };
}

const grouped = (query: Int32Array | null): Pick<Learned, 'queries'> =>
  query === null ? {} : { queries: queriesOf({ query }) };

const scaled = (labels: Float64Array, { mean, deviation }: TargetScale): Float64Array =>
  labels.map((label) => (label - mean) / deviation);

function fingerprintOfTrees(job: TreesJob): string {
  const { binning, train, validation } = job;
  // Threads do not change what is learned.
  const { threads: _, ...settings } = job.settings;
  const bins = binning.map((column) => (column.kind === 'numeric' ? [...column.bounds] : column.codes));
  return fingerprintOf(job, [settings, bins, train.rows, validation.rows]);
}
