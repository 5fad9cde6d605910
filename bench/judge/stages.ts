import { inSlices } from '../../contracts/in-slices.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import { binaryRules } from '../../contracts/model/tasks/binary.ts';
import { permutationImportance } from '../../ml/explanation/permutation-importance.ts';
import { shuffledPasses } from '../../ml/explanation/shuffled-passes.ts';
import { groupsByName } from '../../ml/fairness/groups.ts';
import { pairedBootstrapSteps, type PairedBootstrap } from '../../ml/statistics/paired-bootstrap.ts';
import { metricsNamed, taskFor } from '../../ml/tasks/index.ts';
import { measure } from '../../ml/tasks/metric.ts';
import { openInference } from '../../ports/inference/open-inference.ts';
import { audited, features, labelSpace, sensitive, type JudgeCase } from './case.ts';

/** By name; both sides must find the same. */
export type Figures = Readonly<Record<string, number | null>>;

export interface Effort {
  /** Resamples of a bound. */
  readonly resamples: number;
  /** Shuffles of each column. */
  readonly repeats: number;
}

export const seed = 5;
export const alpha = 0.05;
const task = taskFor(labelSpace);
/** Metrics that a gate without settings compares. */
const compared = Object.keys(binaryRules.margins) as MetricName[];

/** What a stage of a run computes of predictions, by the stage's name. */
export const stages: Readonly<Record<string, (judged: JudgeCase, effort: Effort) => Promise<Figures> | Figures>> = {
  metrics: ({ outcomes, candidate, champion }) => ({
    ...prefixed('candidate', measure(task.metrics, outcomes, candidate)),
    ...prefixed('champion', measure(task.metrics, outcomes, champion)),
  }),
  bounds: async (judged, { resamples }) => {
    const differences = await inSlices(pairedBootstrapSteps(bootstrapOf(judged, resamples)), undefined);
    return Object.assign(
      {},
      ...differences.map(({ metric, estimate, lower, upper }) => prefixed(metric, { estimate, lower, upper })),
    ) as Figures;
  },
  fairness: (judged) => Object.assign({}, ...audited.map((attribute) => audit(attribute, judged))) as Figures,
  importance: async ({ frame, outcomes, model }, { repeats }) => {
    const loaded = await openInference().load(model);
    try {
      const { importances } = await permutationImportance({
        frame,
        outcomes,
        metric: metricsNamed(task, [task.importance])[0]!,
        features,
        predict: shuffledPasses(loaded, frame, labelSpace),
        repeats,
        seed,
      });
      return Object.assign(
        {},
        ...importances.map(({ column, mean, deviation }) => prefixed(column, { mean, deviation })),
      ) as Figures;
    } finally {
      await loaded.release();
    }
  },
};

/** The paired bootstrap as the evaluation of a run does it. */
export const bootstrapOf = (
  { outcomes, candidate, champion }: Pick<JudgeCase, 'outcomes' | 'candidate' | 'champion'>,
  resamples: number,
): PairedBootstrap => ({
  outcomes,
  candidate,
  champion,
  metrics: metricsNamed(task, compared),
  resamples,
  alpha,
  seed,
});

/** Rates by group of the candidate, the champion's error rates, and the gaps of both. */
function audit(attribute: string, { frame, outcomes, candidate, champion }: JudgeCase): Figures {
  const { groups, metrics } = task.audit({
    groups: groupsByName(frame, attribute, sensitive),
    outcomes,
    space: labelSpace,
    candidate,
    champion,
    cap: task.capOf(outcomes.truth),
    minGroupRows: 0,
    minGroupEvents: 0,
    alpha,
    resamples: 500,
    seed,
  });
  return {
    ...Object.assign(
      {},
      ...groups.map(({ group, selectionRate, tpr, fpr, precision, errorRate, championLoss, loss }) =>
        prefixed(`${attribute} ${group}`, {
          ...({ selectionRate, tpr, fpr, precision, errorRate } as Record<string, number | null>),
          championLoss,
          loss: loss?.estimate ?? null,
        }),
      ),
    ),
    ...prefixed(attribute, Object.fromEntries(metrics.map(({ metric, estimate }) => [metric, estimate]))),
    ...prefixed(`champion ${attribute}`, Object.fromEntries(metrics.map((one) => [one.metric, one.champion]))),
  } as Figures;
}

const prefixed = (prefix: string, figures: Figures): Figures =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}: ${name}`, value]));
