import { add, multiply } from './arithmetic.ts';
import { transpose } from './arrange.ts';
import { matmul } from './linear.ts';
import { softmax } from './reduce.ts';
import type { Tape, Value } from './tape.ts';

/**
 * `softmax(q k' / sqrt(d) + mask) v` (Vaswani et al. 2017) for queries `[..., n, d]`, keys `[..., m, d]` and values `[..., m, e]`: `[..., n, e]`. The mask
 * broadcasts to `[..., n, m]`; a large negative number in it hides a key.
 */
export function attention(tape: Tape, queries: Value, keys: Value, values: Value, mask: Value | null = null): Value {
  const rank = keys.shape.length;
  const turned = [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
  const scale = tape.constant('scale', [1 / Math.sqrt(Number(queries.shape.at(-1)))], []);
  const scores = matmul(tape, multiply(tape, queries, scale), transpose(tape, keys, turned));
  return matmul(tape, softmax(tape, mask === null ? scores : add(tape, scores, mask)), values);
}
