import { factor, solve } from './cholesky.ts';

/** `-H^-1 g`, the Hessian with more on its diagonal where it is not positive definite. Destroys the Hessian. */
export function newtonDirection(hessian: Float64Array, gradient: Float64Array): Float64Array {
  const size = gradient.length;
  const direction = gradient.map((slope) => -slope);
  const diagonal = new Float64Array(size);
  for (let at = 0; at < size; at++) diagonal[at] = hessian[at * size + at]!;
  const mean = diagonal.reduce((sum, one) => sum + one, 0) / size;
  const before = hessian.slice();
  for (let damping = 0; !factor(hessian, size); damping = Math.max(1e-10, damping * 100)) {
    hessian.set(before);
    const more = Math.max(1e-10, damping * 100);
    for (let at = 0; at < size; at++) hessian[at * size + at] = diagonal[at]! * (1 + more) + more * mean;
  }
  solve(hessian, size, direction);
  return direction;
}

/** Steps that L-BFGS remembers. */
export const remembered = 10;

/** Of a step: how the weights and the gradient changed. */
export interface Step {
  readonly weights: Float64Array;
  readonly gradient: Float64Array;
}

/** The two loops of L-BFGS (Nocedal and Wright 2006, algorithm 7.4); the inverse diagonal of the Hessian is where they begin. */
export function quasiNewtonDirection(
  gradient: Float64Array,
  steps: readonly Step[],
  diagonal: Float64Array,
): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const factors = new Float64Array(steps.length);
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at]!;
    factors[at] = dot(step.weights, direction) / dot(step.weights, step.gradient);
    addTimes(direction, step.gradient, -factors[at]!);
  }
  for (let at = 0; at < direction.length; at++) direction[at]! /= Math.max(diagonal[at]!, 1e-8);
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at]!;
    const rest = factors[at]! - dot(step.gradient, direction) / dot(step.weights, step.gradient);
    addTimes(direction, step.weights, rest);
  }
  return direction;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

function addTimes(to: Float64Array, of: Float64Array, factor: number): void {
  for (let at = 0; at < to.length; at++) to[at]! += factor * of[at]!;
}
