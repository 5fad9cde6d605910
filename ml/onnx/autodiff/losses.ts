import { multiply, subtract } from './arithmetic.ts';
import { clip, relu, softplus } from './elementwise.ts';
import { reshape } from './arrange.ts';
import { logSumExp, sum } from './reduce.ts';
import { shown } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/** `log(sum_k exp(z_k)) - sum_k t_k z_k` of logits z and targets t `[n, k]`, whose rows sum to 1, as `[n, 1]` */
export const crossEntropy = (tape: Tape, logits: Value, targets: Value): Value =>
  subtract(tape, logSumExp(tape, logits), sum(tape, multiply(tape, targets, logits), { axes: [1], keep: true }));

/** `e^2 / 2` up to `delta`, `delta (|e| - delta / 2)` beyond (Huber 1964), of each error. `delta` is above 0. */
export function huber(tape: Tape, errors: Value, delta: number): Value {
  const [least, most, half] = [-delta, delta, 0.5].map((value) => tape.constant('delta', [value], []));
  const near = clip(tape, errors, least, most);
  return multiply(tape, near, subtract(tape, errors, multiply(tape, near, half!)));
}

/** `max(0, z - y) - level (z - y)` of values z `[n, levels]` by labels y `[n, 1]` (Koenker and Bassett 1978). */
export function pinball(tape: Tape, values: Value, labels: Value, levels: readonly number[]): Value {
  const above = subtract(tape, values, labels);
  return subtract(tape, relu(tape, above), multiply(tape, tape.constant('levels', levels, [1, levels.length]), above));
}

/**
 * `sum log(1 + exp(s_j - s_i))` over the pairs of rows of one query with label `y_i > y_j` (Burges et al. 2005): scores s, labels and the numbers of the
 * queries are `[n, 1]`. Throws `RangeError` for others.
 */
export function pairwise(tape: Tape, scores: Value, labels: Value, queries: Value): Value {
  const g = tape.graph;
  const [n = 1] = scores.shape;
  for (const { shape } of [scores, labels, queries])
    if (shape.length !== 2 || shape[0] !== n || shape[1] !== 1)
      throw new RangeError(`shapes ${shown(scores.shape)} and ${shown(shape)} are not [rows, 1] of the same rows`);
  const across = (name: string): string => g.node('Reshape', [name, g.ints('across', [1, -1])]);
  const isBetter = g.node('Greater', [labels.name, across(labels.name)]);
  const isSame = g.node('Equal', [queries.name, across(queries.name)]);
  const counts = g.node('CastLike', [g.node('And', [isBetter, isSame]), scores.name]);
  const behind = subtract(tape, reshape(tape, scores, [1, n]), scores);
  return sum(tape, multiply(tape, tape.given(counts, [n, n]), softplus(tape, behind)));
}
