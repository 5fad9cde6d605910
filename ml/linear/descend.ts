import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { dot, newtonDirection, quasiNewtonDirection, remembered, type Step } from './directions.ts';
import type { Part } from './loss.ts';
import type { Point, Problem } from './problem.ts';

/** Largest gradient of a weight, by row, at which weights are the optimum; at a width of the smoothing that is passed, less will do. */
const [enough, roughly] = [1e-8, 1e-5];
/** Most weights that Newton's method is for, and elementary steps of a Hessian. */
export const mostByNewton = 1_000;
const mostSteps = 2e10;

/** Where the weights of one part of the head are. */
export interface Descent {
  readonly theta: Float64Array;
  /** Which width of the smoothing. */
  readonly stage: number;
  readonly state: 'going' | 'converged' | 'stuck';
  /** The largest component, by row. */
  readonly gradientNorm: number;
  /** Of L-BFGS, at this stage. */
  readonly steps: readonly Step[];
  readonly diagonal: Float64Array | null;
}

export const start = (theta: Float64Array): Descent => ({
  theta,
  stage: 0,
  state: 'going',
  gradientNorm: Infinity,
  steps: [],
  diagonal: null,
});

/** Whether the Hessian of a problem is small enough to be solved at each step. */
export function isNewton({ design: { rows, dense, sparse, size }, values }: Problem): boolean {
  const row = ((dense + sparse + 1) ** 2 / 2) * ((values * (values + 1)) / 2);
  return values * size <= mostByNewton && row * rows <= mostSteps;
}

export const partOf = ({ loss: { widths } }: Problem, { stage }: Descent, at: number): Part => ({
  at,
  width: widths[stage]!,
});

export interface Settled {
  readonly descent: Descent;
  /** The loss at its weights. */
  readonly point: Point;
}

interface Turn {
  readonly descent: Descent;
  /** The loss at its weights where it is known; null after a checkpoint. */
  readonly point: Point | null;
  /** Which part of the head. */
  readonly at: number;
  /** The sum of the rows' weights. */
  readonly total: number;
}

/** One step of Newton's method, or of L-BFGS where there are many weights. */
export function descend(problem: Problem, { descent, point: known, at, total }: Turn): Settled {
  const turn = { at, total };
  if (descent.state !== 'going' && known !== null) return { descent, point: known };
  const here =
    known === null
      ? settle(problem, descent, problem.at(descent.theta, partOf(problem, descent, at)), turn)
      : { descent, point: known };
  if (here.descent.state !== 'going') return here;
  const part = partOf(problem, here.descent, at);
  const { point } = here;
  const diagonal = isNewton(problem) ? null : (here.descent.diagonal ?? problem.diagonal(point, part));
  const direction =
    diagonal === null
      ? newtonDirection(problem.hessian(point, part), point.gradient)
      : quasiNewtonDirection(point.gradient, here.descent.steps, diagonal);
  const next = search(problem, point, direction, part);
  if (next === null) {
    if (here.descent.stage === problem.loss.widths.length - 1)
      return { point, descent: { ...here.descent, state: 'stuck' } };
    const narrower = nextStage(here.descent);
    return settle(problem, narrower, problem.at(narrower.theta, partOf(problem, narrower, at)), turn);
  }
  const steps = diagonal === null ? [] : remember(here.descent.steps, point, next);
  return settle(problem, { ...here.descent, theta: next.theta, steps, diagonal }, next, turn);
}

/** Says whether the weights are the optimum, and goes on to the next width of the smoothing where they are one of this. */
function settle(problem: Problem, descent: Descent, point: Point, { at, total }: Pick<Turn, 'at' | 'total'>): Settled {
  if (descent.state !== 'going') return { descent, point };
  const last = problem.loss.widths.length - 1;
  const gradientNorm = normOf(point) / total;
  if (!Number.isFinite(gradientNorm))
    throw new PawlError(
      errorTypes.invalidData,
      'the loss of the training rows is not finite: correct numbers that are infinite in float32',
    );
  if (descent.stage === last || gradientNorm > roughly)
    return { point, descent: { ...descent, gradientNorm, state: gradientNorm <= enough ? 'converged' : 'going' } };
  const next = nextStage({ ...descent, gradientNorm });
  return settle(problem, next, problem.at(descent.theta, partOf(problem, next, at)), { at, total });
}

const nextStage = (descent: Descent): Descent => ({
  ...descent,
  stage: descent.stage + 1,
  steps: [],
  diagonal: null,
});

function normOf({ gradient }: Point): number {
  let most = 0;
  for (let at = 0; at < gradient.length; at++) most = Math.max(most, Math.abs(gradient[at]!));
  return most;
}

/** Halves the step until the loss falls as much as a straight line would by 1e-4 of it (Armijo); null where it never does. */
function search(problem: Problem, point: Point, direction: Float64Array, part: Part): Point | null {
  const slope = dot(point.gradient, direction);
  if (!(slope < 0)) return null;
  const norm = normOf(point);
  for (let step = 1; step > 1e-12; step /= 2) {
    const next = problem.at(
      point.theta.map((weight, at) => weight + step * direction[at]!),
      part,
    );
    const isLower = next.value <= point.value + 1e-4 * step * slope;
    // Near the optimum the loss differs by less than it is rounded by.
    const isSame = Math.abs(next.value - point.value) <= 1e-12 * Math.abs(point.value) && normOf(next) < norm;
    if (isLower || isSame) return next;
  }
  return null;
}

function remember(steps: readonly Step[], from: Point, to: Point): Step[] {
  const step = {
    weights: to.theta.map((weight, at) => weight - from.theta[at]!),
    gradient: to.gradient.map((slope, at) => slope - from.gradient[at]!),
  };
  const curvature = dot(step.weights, step.gradient);
  if (!(curvature > 1e-18 * dot(step.gradient, step.gradient))) return [...steps];
  return [...steps, step].slice(-remembered);
}
