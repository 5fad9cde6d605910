import { axisOf, sizesFor, type TapeShape } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/** Values side by side along an axis, whose sizes must be known. */
export function concat(tape: Tape, parts: readonly Value[], axis = 1): Value {
  const g = tape.graph;
  const shape = [...(parts[0]?.shape ?? [])];
  const along = axisOf(axis, shape);
  const widths = parts.map((part) => Number(part.shape[along]));
  const starts = widths.map((_, index) => widths.slice(0, index).reduce((sum, width) => sum + width, 0));
  shape[along] = widths.reduce((sum, width) => sum + width, 0);
  const part = (gradient: string, position: number): string => {
    const start = starts[position] ?? 0;
    const bounds = [start, start + (widths[position] ?? 0), along].map((value) => g.ints('bound', [value]));
    return g.node('Slice', [gradient, ...bounds]);
  };
  return tape.record('Concat', parts, shape, part, { axis: { int: along } });
}

/** Elements `start` to `end`, without the last, of an axis whose size must be known; the others have the gradient 0. */
export function slice(tape: Tape, x: Value, axis: number, start: number, end: number): Value {
  const g = tape.graph;
  const along = axisOf(axis, x.shape);
  const size = x.shape[along];
  if (typeof size !== 'number' || !(0 <= start && start < end && end <= size))
    throw new RangeError(`slice ${start} to ${end} of axis ${axis} of [${x.shape.join(', ')}]`);
  const bounds = [start, end, along].map((value) => tape.given(g.ints('bound', [value]), [1]));
  const shape = x.shape.with(along, end - start);
  return tape.record('Slice', [x, ...bounds], shape, (gradient) => {
    const pads = [...x.shape.keys(), ...x.shape.keys()].fill(0);
    pads[along] = start;
    pads[x.shape.length + along] = size - end;
    return g.node('Pad', [gradient, g.ints('pads', pads)]);
  });
}

/** Axes in another order: axis `i` of the result is axis `order[i]` of x. */
export function transpose(tape: Tape, x: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => x.shape[axis] ?? 1);
  const back = order.map((_, axis) => order.indexOf(axis));
  return tape.record(
    'Transpose',
    [x],
    shape,
    (gradient) => tape.graph.node('Transpose', [gradient], { perm: { ints: back } }),
    { perm: { ints: [...order] } },
  );
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
