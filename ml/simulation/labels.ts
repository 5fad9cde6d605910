import type { Random } from '../random.ts';
import { binomial } from '../statistics/binomial.ts';
import { poisson } from '../statistics/poisson.ts';

/** Mirrored requests of one true class: how the versions do on them, and when their labels come. */
export interface SimulatedLabelClass {
  /** Share of the requests, in (0, 1]; the classes' shares add up to 1. */
  readonly share: number;
  /** Chance that only the champion, or only the canary, is right. */
  readonly worse: number;
  readonly better: number;
  /** Minutes from the request to its label. */
  readonly delay: number;
  /** Chance that the label never comes, in [0, 1). */
  readonly missing: number;
}

export interface MirroredTraffic {
  readonly minutes: number;
  /** Mirrored requests a minute, on average. */
  readonly perMinute: number;
  readonly classes: readonly SimulatedLabelClass[];
}

/** Labelled pairs by the minute in which the label came. */
export interface LabelHistory {
  readonly minutes: number;
  readonly labels: Float64Array;
  /** Champion right, canary wrong. */
  readonly worse: Float64Array;
  /** Champion wrong, canary right. */
  readonly better: Float64Array;
}

/** Draws the labels that come within the release, a few draws a minute and class. */
export function simulateLabels({ minutes, perMinute, classes }: MirroredTraffic, random: Random): LabelHistory {
  const empty = (): Float64Array => new Float64Array(minutes);
  const history = { minutes, labels: empty(), worse: empty(), better: empty() };
  for (const { share, worse, better, delay, missing } of classes) {
    for (let minute = delay; minute < minutes; minute++) {
      const labels = poisson(random, perMinute * share * (1 - missing));
      const lost = binomial(random, labels, worse);
      history.labels[minute] = (history.labels[minute] ?? 0) + labels;
      history.worse[minute] = (history.worse[minute] ?? 0) + lost;
      history.better[minute] = (history.better[minute] ?? 0) + binomial(random, labels - lost, better / (1 - worse));
    }
  }
  return history;
}
