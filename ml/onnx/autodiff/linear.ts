import type { GraphBuilder } from '../graph.ts';
import { broadcast, shown, shrink } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

export interface GemmForm {
  /** @default false */
  readonly transA?: boolean;
  /** @default false */
  readonly transB?: boolean;
  /** What the product is multiplied by. @default 1 */
  readonly alpha?: number;
  /** What `b` is multiplied by. @default 1 */
  readonly beta?: number;
}

/**
 * `alpha x w + beta b` for x `[n, k]`, w `[k, m]`, either of them transposed, and b, which broadcasts to `[n, m]` and may be left out.
 * Throws `RangeError` for shapes that do not go together.
 */
export function gemm(tape: Tape, x: Value, w: Value, b?: Value, form: GemmForm = {}): Value {
  const g = tape.graph;
  const { transA = false, transB = false, alpha = 1, beta = 1 } = form;
  const [n = 1, k] = transA ? x.shape.toReversed() : x.shape;
  const [rows, m = 1] = transB ? w.shape.toReversed() : w.shape;
  if (x.shape.length !== 2 || w.shape.length !== 2 || k !== rows)
    throw new RangeError(`matrices ${shown(x.shape)} and ${shown(w.shape)} do not go together`);
  const shape = b === undefined ? [n, m] : broadcast([n, m], b.shape);
  const product = (one: string, other: string, first: boolean, second: boolean): string =>
    g.node('Gemm', [one, other], flags({ transA: first, transB: second, alpha }));
  return tape.record(
    'Gemm',
    b === undefined ? [x, w] : [x, w, b],
    shape,
    (gradient, position) => {
      if (position === 0)
        return transA ? product(w.name, gradient, transB, true) : product(gradient, w.name, false, !transB);
      if (position === 1)
        return transB ? product(gradient, x.name, true, transA) : product(x.name, gradient, !transA, false);
      const scaled = beta === 1 ? gradient : g.node('Mul', [gradient, g.scalar('beta', beta)]);
      return shrink(g, scaled, shape, b?.shape ?? []);
    },
    flags({ transA, transB, alpha, beta }),
  );
}

const flags = ({ transA = false, transB = false, alpha = 1, beta = 1 }: GemmForm) => ({
  ...(transA && { transA: { int: 1 } }),
  ...(transB && { transB: { int: 1 } }),
  ...(alpha !== 1 && { alpha: { float: alpha } }),
  ...(beta !== 1 && { beta: { float: beta } }),
});

/**
 * Products of the last two axes, `[..., n, k]` by `[..., k, m]`; the axes before broadcast. Throws `RangeError` for vectors, and for
 * shapes that do not go together.
 */
export function matmul(tape: Tape, a: Value, b: Value): Value {
  const g = tape.graph;
  const [n = 1, k] = a.shape.slice(-2);
  const [rows, m = 1] = b.shape.slice(-2);
  if (a.shape.length < 2 || b.shape.length < 2 || k !== rows)
    throw new RangeError(`matrices ${shown(a.shape)} and ${shown(b.shape)} do not go together`);
  const shape = [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), n, m];
  const times = (one: string, other: string): string => g.node('MatMul', [one, other]);
  return tape.record('MatMul', [a, b], shape, (gradient, position) => {
    if (position === 0) {
      const product = times(gradient, turned(g, b));
      return shrink(g, product, [...shape.slice(0, -1), k ?? 1], a.shape);
    }
    // One product of all rows, instead of one for each matrix and their sum.
    if (b.shape.length === 2 && a.shape.length > 2) {
      const flat = (value: string, width: number | string): string =>
        g.node('Reshape', [value, g.ints('rows', [-1, Number(width)])]);
      return g.node('Gemm', [flat(a.name, k ?? 1), flat(gradient, m)], { transA: { int: 1 } });
    }
    return shrink(g, times(turned(g, a), gradient), [...shape.slice(0, -2), k ?? 1, m], b.shape);
  });
}

/** With the last two axes exchanged. */
function turned(g: GraphBuilder, { name, shape: { length } }: Value): string {
  const perm = Array.from({ length }, (_, axis) => (axis < length - 2 ? axis : 2 * length - 3 - axis));
  return g.node('Transpose', [name], { perm: { ints: perm } });
}
