import { multiply, subtract } from './arithmetic.ts';
import { transpose } from './arrange.ts';
import { relu, softplus } from './elementwise.ts';
import { logSumExp, sum, sumOver } from './reduce.ts';
import type { Tape, Value } from './tape.ts';

/** `log(sum_k exp(z_k)) - sum_k t_k z_k` of logits z and targets t `[n, k]`, whose rows sum to 1, as `[n, 1]` */
export const crossEntropy = (tape: Tape, logits: Value, targets: Value): Value =>
  subtract(tape, logSumExp(tape, logits), sumOver(tape, multiply(tape, targets, logits), [1]));

/** `e^2 / 2` where the error e is at most delta, else `delta (|e| - delta / 2)` (Huber 1964), element by element */
export function huber(tape: Tape, error: Value, delta: number): Value {
  const g = tape.graph;
  const clipped = g.node('Clip', [error.name, g.scalar('least', -delta), g.scalar('most', delta)]);
  const half = g.node('Mul', [clipped, g.scalar('half', 0.5)]);
  const loss = g.node('Mul', [clipped, g.node('Sub', [error.name, half])]);
  return tape.derive(loss, [error], error.shape, (gradient) => g.node('Mul', [gradient, clipped]));
}

/** `max(0, z - y) - level (z - y)` of `z - y` for levels that broadcast to it (Koenker and Bassett 1978) */
export const pinball = (tape: Tape, above: Value, levels: Value): Value =>
  subtract(tape, relu(tape, above), multiply(tape, levels, above));

/**
 * `sum log(1 + exp(s_j - s_i))` over the pairs of rows i, j of one query where i has the greater label (Burges et al. 2005, RankNet). All are
 * `[n, 1]`; queries are numbers.
 */
export function pairwise(tape: Tape, scores: Value, labels: Value, queries: Value): Value {
  const g = tape.graph;
  const turned = (value: Value): Value => transpose(tape, value, [1, 0]);
  const isGreater = g.node('Greater', [labels.name, turned(labels).name]);
  const isTogether = g.node('Equal', [queries.name, turned(queries).name]);
  const counts = g.node('Cast', [g.node('And', [isGreater, isTogether])], { to: { int: 1 } });
  const behind = subtract(tape, turned(scores), scores);
  const rows = scores.shape[0] ?? 1;
  return sum(tape, multiply(tape, tape.given(counts, [rows, rows]), softplus(tape, behind)));
}
