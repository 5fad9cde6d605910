import { sizesFor, type TapeShape } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/** Columns side by side: `[n, k1], [n, k2], ...` to `[n, k1 + k2 + ...]`; the widths must be known. */
export function concat(tape: Tape, parts: readonly Value[]): Value {
  const g = tape.graph;
  const widths = parts.map((part) => Number(part.shape[1]));
  const starts = widths.map((_, index) => widths.slice(0, index).reduce((sum, width) => sum + width, 0));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const slice = (gradient: string, position: number): string => {
    const start = starts[position] ?? 0;
    const bounds = [start, start + (widths[position] ?? 0), 1].map((value) => g.ints('bound', [value]));
    return g.node('Slice', [gradient, ...bounds]);
  };
  return tape.record('Concat', parts, [parts[0]?.shape[0] ?? 1, total], slice, { axis: { int: 1 } });
}

/** The same values in another shape, at most one of whose sizes is unknown. */
export function reshape(tape: Tape, x: Value, shape: TapeShape): Value {
  const g = tape.graph;
  const name = g.ints('shape', sizesFor(shape));
  return tape.record('Reshape', [x, tape.given(name, [shape.length])], shape, (gradient) =>
    g.node('Reshape', [gradient, g.ints('shape', sizesFor(x.shape))]),
  );
}

/**
 * Rows of a table: table `[v, d]` by int64 indices of any shape gives `[...indices, d]`. The gradient adds up in `ScatterND`, whose
 * order is fixed on one thread of the CPU but not on a GPU.
 */
export function gather(tape: Tape, table: Value, indices: Value): Value {
  const g = tape.graph;
  const width = table.shape[1] ?? 1;
  return tape.record('Gather', [table, indices], [...indices.shape, width], (gradient) => {
    const rows = g.node('Unsqueeze', [indices.name, g.ints('axes', [-1])]);
    const zeros = g.node('ConstantOfShape', [g.ints('shape', table.shape.map(Number))]);
    return g.node('ScatterND', [zeros, rows, gradient], { reduction: { string: 'add' } });
  });
}

/** Indices `[n, 1]`, as floats, to `[n, width]` with a 1 in the column of each. */
export function oneHot(tape: Tape, indices: Value, width: number): Value {
  const g = tape.graph;
  const columns = g.constant(
    'columns',
    Float32Array.from({ length: width }, (_, i) => i),
    [1, width],
  );
  const isOwn = g.node('Equal', [indices.name, columns]);
  return tape.given(g.node('Cast', [isOwn], { to: { int: 1 } }), [indices.shape[0] ?? 1, width]);
}
