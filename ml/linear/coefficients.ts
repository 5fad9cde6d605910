import type { Coefficient, LinearEvidence } from '../../contracts/evidence/linear.ts';
import { normalQuantile } from '../statistics/normal.ts';
import { studentQuantile } from '../statistics/student.ts';
import type { Encoding } from '../training/encoding.ts';
import type { TargetScale } from '../training/head.ts';
import { factor, solve, solveLower } from './cholesky.ts';
import { contrastsOf, type Contrast } from './contrasts.ts';
import type { Curve } from './curves.ts';
import { mostByNewton, partOf, type Descent } from './descend.ts';
import { problemOf, totalOf, type LinearJob, type LinearState } from './fit.ts';
import type { Problem } from './problem.ts';

/** Most coefficients that evidence keeps. */
const mostKept = 200;
const alpha = 0.05;

export interface Explained {
  readonly encoding: Encoding;
  readonly curves: readonly Curve[];
  readonly scale: TargetScale;
}

/** What the report says of a linear model: whether it converged, and its coefficients in raw units, those with the least doubt first. */
export function linearEvidence(job: LinearJob, state: LinearState, explained: Explained): LinearEvidence {
  const { problem, parts } = problemOf(job);
  const converged = state.descents.every((descent) => descent.state === 'converged');
  const spreads = state.descents.map((descent, at) => spreadOf(problem, descent, at, converged));
  const reason =
    spreads.map((spread) => (typeof spread === 'string' ? spread : null)).find((one) => one !== null) ?? null;
  const contrasts = contrastsOf(explained.encoding, explained.curves, job.layout, job.train.design);
  const names = job.loss.outputs(job.labelSpace);
  const found: { coefficient: Coefficient; rank: number }[] = [];
  for (let at = 0; at < parts; at++) {
    const spread = reason === null ? (spreads[at] as Spread) : null;
    for (let value = 0; value < problem.values; value++)
      for (const contrast of contrasts) {
        const vector = vectorOf(problem, contrast, value);
        const plain = sumOf(vector, state.descents[at]!.theta);
        const { mean, deviation } = explained.scale;
        const unit = deviation / contrast.unit;
        const estimate = plain * unit + (contrast.name === 'intercept' ? mean : 0);
        const error = spread === null ? null : spread.factor * errorOf(spread, vector);
        found.push({
          coefficient: {
            output: names[at * problem.values + value]!,
            name: contrast.name,
            estimate,
            lower: error === null ? null : estimate - spread!.quantile * error * unit,
            upper: error === null ? null : estimate + spread!.quantile * error * unit,
          },
          rank: Math.abs(plain) / (error ?? 1),
        });
      }
  }
  found.sort((a, b) => b.rank - a.rank);
  return {
    converged,
    gradientNorm: Math.max(...state.descents.map(({ gradientNorm }) => gradientNorm)),
    coefficients: found.slice(0, mostKept).map(({ coefficient }) => coefficient),
    leftOut: Math.max(0, found.length - mostKept),
    withoutIntervals: reason,
  };
}

/** How far weights may be from where they would be with endless rows: the Cholesky factor of the Hessian, and what errors are scaled by. */
interface Spread {
  readonly lower: Float64Array;
  readonly size: number;
  readonly factor: number;
  readonly quantile: number;
}

/** Why there is none, in words. */
function spreadOf(problem: Problem, descent: Descent, at: number, converged: boolean): Spread | string {
  if (problem.loss.variance === null) return 'the loss of a quantile has no curvature';
  if (!converged) return 'the training did not converge';
  const size = problem.values * problem.design.size;
  if (size > mostByNewton) return `the model has ${size} weights, more than ${mostByNewton}`;
  const part = partOf(problem, descent, at);
  const point = problem.at(descent.theta, part);
  const lower = problem.hessian(point, part);
  if (!factor(lower, size)) return 'columns repeat one another: raise l2, or leave one of them out';
  if (problem.loss.variance === 'curvature') return { lower, size, factor: 1, quantile: normalQuantile(1 - alpha / 2) };
  const freedom = totalOf(problem.learned) - effectiveWeights(problem, lower, size);
  if (!(freedom > 0)) return 'there are not more rows than weights';
  const [errors] = point.derived.gradients;
  let squares = 0;
  for (let row = 0; row < errors!.length; row++) {
    const weight = problem.learned.weights === null ? 1 : problem.learned.weights[row]!;
    if (weight > 0) squares += errors![row]! ** 2 / weight;
  }
  return { lower, size, factor: Math.sqrt(squares / freedom), quantile: studentQuantile(freedom, alpha) };
}

/** Effective degrees of freedom, the trace of `H^-1 X' X` (Hastie, Tibshirani and Friedman 2009, 3.50). */
function effectiveWeights({ penalty: { squares, sums } }: Problem, lower: Float64Array, size: number): number {
  let sum = size - sums.length;
  const column = new Float64Array(size);
  for (let at = 0; at < size; at++) {
    if (squares[at] === 0) continue;
    column.fill(0);
    column[at] = 1;
    solve(lower, size, column);
    sum -= squares[at]! * column[at]!;
  }
  return sum;
}

/** The contrast of one value of the head, against the mean of all that share a loss: softmax sees no more than that. */
function vectorOf({ values, design: { size } }: Problem, { places, factors }: Contrast, value: number): Float64Array {
  const vector = new Float64Array(values * size);
  for (const [i, place] of places.entries()) {
    vector[value * size + place]! += factors[i]!;
    if (values === 1) continue;
    for (let other = 0; other < values; other++) vector[other * size + place]! -= factors[i]! / values;
  }
  return vector;
}

function sumOf(vector: Float64Array, theta: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < vector.length; at++) sum += vector[at]! * theta[at]!;
  return sum;
}

/** `sqrt(c' H^-1 c)`, by `L z = c`. */
function errorOf({ lower, size }: Spread, vector: Float64Array): number {
  const solved = vector.slice();
  solveLower(lower, size, solved);
  let sum = 0;
  for (let at = 0; at < size; at++) sum += solved[at]! * solved[at]!;
  return Math.sqrt(sum);
}
