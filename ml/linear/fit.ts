import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Learned, Objective } from '../gbdt/objective.ts';
import { scoreRows, type Design, type Layout } from './design.ts';
import { descend, isNewton, start, type Descent } from './descend.ts';
import type { LinearLoss } from './loss.ts';
import { penaltyOf } from './penalty.ts';
import { Problem, type Point } from './problem.ts';

export interface LinearRows extends Learned {
  readonly design: Design;
}

export interface LinearJob {
  readonly l2: number;
  readonly iterations: number;
  readonly layout: Layout;
  readonly train: LinearRows;
  readonly validation: LinearRows;
  readonly loss: LinearLoss;
  /** Where intercepts begin, and the loss as other trainers say it. */
  readonly objective: Pick<Objective, 'start' | 'loss'>;
  readonly labelSpace: LabelSpace;
}

export interface IterationReport {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
}

/** What is needed to go on: a descent for each part of the head that has a loss of its own. */
export interface LinearState {
  readonly descents: readonly Descent[];
  readonly curve: readonly IterationReport[];
}

/** The sum of the rows' weights. */
export function totalOf({ labels, weights }: Learned): number {
  if (weights === null) return labels.length;
  let sum = 0;
  for (let row = 0; row < weights.length; row++) sum += weights[row]!;
  return sum;
}

/** The problem of each part of the head. */
export function problemOf({ l2, layout, train, loss, objective, labelSpace }: LinearJob): {
  problem: Problem;
  parts: number;
} {
  const values = objective.start(train, labelSpace).length;
  const penalty = penaltyOf(layout, train.design, l2, loss.isJoint ? values : 1, totalOf(train));
  return { problem: new Problem(train.design, loss, train, penalty), parts: loss.isJoint ? 1 : values };
}

/** Whether weights are moved by Newton's method, in few and costly steps. */
export const isByNewton = (job: LinearJob): boolean => isNewton(problemOf(job).problem);

/**
 * Minimizes the loss and the penalty; it is convex, so that the weights are the best ones where the gradient is 0. A step moves each part of the
 * head that has not converged. Equal jobs give equal weights, also from a state of before.
 */
export function* fitLinear(job: LinearJob, before: LinearState | null): Generator<LinearState, LinearState, void> {
  const { problem, parts } = problemOf(job);
  const { layout, train, validation, objective, iterations } = job;
  const total = totalOf(train);
  const width = parts * problem.values;
  const points = Array.from({ length: parts }, (): Point | null => null);
  const tested = Array.from({ length: width }, () => new Float64Array(validation.design.rows));
  const first = before === null ? objective.start(train, job.labelSpace) : [];
  const descents =
    before === null
      ? points.map((_, part) => start(thetaOf(layout, first.slice(part * problem.values, (part + 1) * problem.values))))
      : [...before.descents];
  const curve = [...(before?.curve ?? [])];
  const isGoing = (): boolean => descents.some(({ state }) => state === 'going');
  while (curve.length === 0 || (isGoing() && curve.length < iterations)) {
    for (let at = 0; at < parts; at++) {
      const { descent, point } = descend(problem, { descent: descents[at]!, point: points[at]!, at, total });
      descents[at] = descent;
      points[at] = point;
      for (let value = 0; value < problem.values; value++)
        scoreRows(validation.design, descent.theta, value * layout.size, tested[at * problem.values + value]!);
    }
    const scores = points.flatMap((point) => [...point!.scores]);
    curve.push({
      epoch: curve.length + 1,
      trainLoss: objective.loss(scores, train),
      validationLoss: objective.loss(tested, validation),
    });
    yield { descents, curve };
  }
  return { descents, curve };
}

function thetaOf({ size, intercept }: Layout, intercepts: readonly number[]): Float64Array {
  const theta = new Float64Array(intercepts.length * size);
  for (let value = 0; value < intercepts.length; value++) theta[value * size + intercept] = intercepts[value]!;
  return theta;
}
