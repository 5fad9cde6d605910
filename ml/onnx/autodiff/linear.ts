import { broadcast, shrink, sumOverAxes } from './shapes.ts';
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

/**
 * Matrices `[..., n, k]` times `[..., k, m]`, the axes before the last two broadcast. The gradients are `d b'` and `a' d`. Throws `RangeError` for
 * vectors, and for sizes that do not go together.
 */
export function matmul(tape: Tape, a: Value, b: Value): Value {
  const g = tape.graph;
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new RangeError('matmul takes matrices: give a vector a second axis');
  const [inner, outer] = [a.shape.at(-1), b.shape.at(-2)];
  if (inner !== outer) throw new RangeError(`matmul of [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`);
  const leading = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...leading, a.shape.at(-2) ?? 1, b.shape.at(-1) ?? 1];
  const turned = ({ name, shape: { length } }: Value): string =>
    g.node('Transpose', [name], {
      perm: { ints: [...Array.from({ length: length - 2 }, (_, axis) => axis), length - 1, length - 2] },
    });
  return tape.record('MatMul', [a, b], shape, (gradient, position) => {
    if (position === 0)
      return shrink(g, g.node('MatMul', [gradient, turned(b)]), [...leading, ...a.shape.slice(-2)], a.shape);
    if (b.shape.length > 2)
      return shrink(g, g.node('MatMul', [turned(a), gradient]), [...leading, ...b.shape.slice(-2)], b.shape);
    // One matrix for all: its gradient is that of all rows at once.
    const rows = (value: string, width: number | string): string =>
      g.node('Reshape', [value, g.ints('rows', [-1, Number(width)])]);
    return g.node('Gemm', [rows(a.name, b.shape[0]!), rows(gradient, b.shape[1]!)], { transA: { int: 1 } });
  });
}
