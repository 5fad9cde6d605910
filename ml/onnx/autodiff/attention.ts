import { add, multiply } from './arithmetic.ts';
import { transpose } from './arrange.ts';
import { matmul } from './linear.ts';
import { softmax } from './softmax.ts';
import type { Tape, Value } from './tape.ts';

/**
 * `softmax(scale Q K^T + mask) V` for Q `[..., t, d]`, K `[..., s, d]`, V `[..., s, v]` and a mask that broadcasts to `[..., t, s]`, `-Infinity` where a
 * place is not seen (Vaswani et al. 2017).
 */
export function attention(
  tape: Tape,
  { q, k, v, mask }: { readonly q: Value; readonly k: Value; readonly v: Value; readonly mask?: Value | undefined },
  scale: number,
): Value {
  const last = k.shape.length - 1;
  const turned = transpose(
    tape,
    k,
    k.shape.map((_, axis) => (axis < last - 1 ? axis : 2 * last - 1 - axis)),
  );
  const scores = matmul(tape, multiply(tape, q, tape.constant('scale', [scale], [])), turned);
  return matmul(tape, softmax(tape, mask === undefined ? scores : add(tape, scores, mask)), v);
}
