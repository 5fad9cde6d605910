import type { Difference } from '../../contracts/evidence/quality.ts';
import type { Predictions } from '../../contracts/data/frame.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import { createRandom, type Random } from '../random.ts';
import { weighted, type Metric, type MetricOfRows, type Outcomes } from '../tasks/metric.ts';
import { quantileOfSorted } from './quantile.ts';

export interface PairedBootstrap {
  readonly outcomes: Outcomes;
  readonly candidate: Predictions;
  readonly champion: Predictions;
  readonly metrics: readonly Pick<Metric, 'name' | 'prepare'>[];
  readonly resamples: number;
  /** The interval is two-sided at `1 - alpha`: each bound alone holds at `1 - alpha / 2`. */
  readonly alpha: number;
  readonly seed: number;
}

interface Contest {
  readonly metric: MetricName;
  readonly candidate: MetricOfRows;
  readonly champion: MetricOfRows;
  readonly estimate: number;
  readonly draws: number[];
}

/** A metric that is undefined in more than this share of the resamples has no interval worth the name. */
const mostUndefined = 0.05;

/**
 * Candidate minus champion per metric on the same rows, with percentile intervals: rows, or whole queries of a ranking, are drawn with replacement, and
 * both models are measured on each draw, so that what is easy or hard for both cancels out (Efron and Tibshirani 1993).
 * A metric that is undefined on the rows, or on more than 5 % of the draws, is left out. Same seed, same result.
 * O(rows) per resample and metric. One resample per step: yields the share that is done, in (0, 1], and returns the differences. The caller
 * decides when to let the event loop breathe, heartbeat or stop.
 */
export function* pairedBootstrapSteps(input: PairedBootstrap): Generator<number, Difference[], void> {
  const contests = openContests(input);
  const draw = drawing(input.outcomes, createRandom(input.seed));
  for (let done = 1; done <= input.resamples; done++) {
    const weights = draw();
    for (const { candidate, champion, draws } of contests) {
      const ours = candidate(weights);
      const theirs = champion(weights);
      if (ours !== null && theirs !== null) draws.push(ours - theirs);
    }
    yield done / input.resamples;
  }
  return contests.flatMap((contest) => differenceOf(contest, input));
}

/** Each call gives how many times each row was drawn; the rows of a query are drawn together. */
function drawing({ truth, query }: Outcomes, random: Random): () => Int32Array {
  const units = query === undefined ? truth.length : query.reduce((most, of) => Math.max(most, of + 1), 0);
  const counts = new Int32Array(units);
  const weights = query === undefined ? counts : new Int32Array(truth.length);
  return () => {
    counts.fill(0);
    for (let i = 0; i < units; i++) counts[random.integer(units)]! += 1;
    if (query !== undefined) for (const [row, of] of query.entries()) weights[row] = counts[of]!;
    return weights;
  };
}

function openContests({ outcomes, candidate, champion, metrics }: PairedBootstrap): Contest[] {
  return metrics.flatMap((metric) => {
    const [ours, theirs] = [weighted(metric, outcomes, candidate), weighted(metric, outcomes, champion)];
    const [a, b] = [ours(), theirs()];
    return a === null || b === null
      ? []
      : [{ metric: metric.name, candidate: ours, champion: theirs, estimate: a - b, draws: [] }];
  });
}

function differenceOf({ metric, estimate, draws }: Contest, { resamples, alpha }: PairedBootstrap): Difference[] {
  if (draws.length < resamples * (1 - mostUndefined) || draws.length === 0) return [];
  const sorted = Float64Array.from(draws).sort();
  return [
    { metric, estimate, lower: quantileOfSorted(sorted, alpha / 2), upper: quantileOfSorted(sorted, 1 - alpha / 2) },
  ];
}
