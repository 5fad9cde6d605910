import { sumOverAxes } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/** `x w + b` for x `[n, k]`, w `[k, m]` and b `[m]`, which may be left out. */
export function gemm(tape: Tape, x: Value, w: Value, b?: Value): Value {
  const g = tape.graph;
  const inputs = b === undefined ? [x, w] : [x, w, b];
  return tape.record('Gemm', inputs, [x.shape[0] ?? 1, w.shape[1] ?? 1], (gradient, position) => {
    if (position === 0) return g.node('Gemm', [gradient, w.name], { transB: { int: 1 } });
    if (position === 1) return g.node('Gemm', [x.name, gradient], { transA: { int: 1 } });
    return sumOverAxes(g, gradient, [0], false);
  });
}
