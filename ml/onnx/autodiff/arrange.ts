import type { GraphBuilder } from '../graph.ts';
import { axisOf, knownSizes, shown, shrink, sizesFor, type TapeShape } from './shapes.ts';
import type { Tape, Value } from './tape.ts';

/**
 * Values side by side along an axis: `[n, k1], [n, k2], ...` to `[n, k1 + k2 + ...]`; their sizes along it must be known. Throws `RangeError` for other sizes
 * that differ.
 */
export function concat(tape: Tape, parts: readonly Value[], axis = 1): Value {
  const first = parts[0]?.shape ?? [];
  const along = axisOf(axis, first);
  for (const { shape } of parts)
    if (shape.length !== first.length || shape.some((size, at) => at !== along && size !== first[at]))
      throw new RangeError(`shapes ${shown(first)} and ${shown(shape)} do not go together along axis ${axis}`);
  const widths = knownSizes(
    parts.map(({ shape }) => shape[along] ?? 1),
    'Concat',
  );
  const starts = widths.map((_, index) => widths.slice(0, index).reduce((sum, width) => sum + width, 0));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const shape = first.map((size, at) => (at === along ? total : size));
  const backward = (gradient: string, position: number): string => {
    const start = starts[position] ?? 0;
    return cut(tape.graph, gradient, [{ axis: along, start, end: start + (widths[position] ?? 0) }]);
  };
  return tape.record('Concat', parts, shape, backward, { axis: { int: along } });
}

/** What an axis is cut to: from `start` to before `end`. */
export interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/** A part of a value whose sizes along the axes are known; the gradient is filled up with zeros. */
export function slice(tape: Tape, x: Value, ranges: readonly Range[]): Value {
  const sizes = knownSizes(
    ranges.map(({ axis }) => x.shape[axis] ?? 1),
    'Slice',
  );
  const shape = x.shape.map((size, at) => {
    const range = ranges.find(({ axis }) => axis === at);
    return range === undefined ? size : range.end - range.start;
  });
  return tape.derive(cut(tape.graph, x.name, ranges), [x], shape, (gradient) =>
    padded(
      tape.graph,
      gradient,
      ranges.map(({ axis, start, end }, at) => ({ axis, before: start, after: (sizes[at] ?? 0) - end })),
    ),
  );
}

/** Zeros around an axis. */
export interface Margin {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/** A value with zeros around it. */
export function pad(tape: Tape, x: Value, margins: readonly Margin[]): Value {
  const sizes = knownSizes(
    margins.map(({ axis }) => x.shape[axis] ?? 1),
    'Pad',
  );
  const shape = x.shape.map((size, at) => {
    const margin = margins.find(({ axis }) => axis === at);
    return margin === undefined ? size : Number(size) + margin.before + margin.after;
  });
  return tape.derive(padded(tape.graph, x.name, margins), [x], shape, (gradient) =>
    cut(
      tape.graph,
      gradient,
      margins.map(({ axis, before }, at) => ({ axis, start: before, end: before + (sizes[at] ?? 0) })),
    ),
  );
}

function cut(g: GraphBuilder, value: string, ranges: readonly Range[]): string {
  return g.node('Slice', [
    value,
    g.ints(
      'starts',
      ranges.map(({ start }) => start),
    ),
    g.ints(
      'ends',
      ranges.map(({ end }) => end),
    ),
    g.ints(
      'axes',
      ranges.map(({ axis }) => axis),
    ),
  ]);
}

function padded(g: GraphBuilder, value: string, margins: readonly Margin[]): string {
  const pads = [...margins.map(({ before }) => before), ...margins.map(({ after }) => after)];
  const axes = margins.map(({ axis }) => axis);
  return g.node('Pad', [value, g.ints('pads', pads), '', g.ints('axes', axes)]);
}

/** The same values in another shape, at most one of whose sizes is unknown. */
export function reshape(tape: Tape, x: Value, shape: TapeShape): Value {
  const g = tape.graph;
  const name = g.ints('shape', sizesFor(shape));
  return tape.record('Reshape', [x, tape.given(name, [shape.length])], shape, (gradient) =>
    g.node('Reshape', [gradient, g.ints('shape', sizesFor(x.shape))]),
  );
}

/** The axes in another order: axis `i` of what it gives is axis `order[i]` of `x`. */
export function transpose(tape: Tape, x: Value, order: readonly number[]): Value {
  if (order.toSorted((a, b) => a - b).some((axis, at) => axis !== at) || order.length !== x.shape.length)
    throw new RangeError(`the axes of ${shown(x.shape)} cannot be put in the order ${shown(order)}`);
  const g = tape.graph;
  const back = order.map((_, axis) => order.indexOf(axis));
  return tape.record(
    'Transpose',
    [x],
    order.map((axis) => x.shape[axis] ?? 1),
    (gradient) => g.node('Transpose', [gradient], { perm: { ints: back } }),
    { perm: { ints: order } },
  );
}

/** Repeats a value along axes of size 1 and new ones before them, so that it has the shape that the int64 vector `sizes` holds. */
export function expand(tape: Tape, x: Value, sizes: Value, shape: TapeShape): Value {
  return tape.record('Expand', [x, sizes], shape, (gradient) => shrink(tape.graph, gradient, shape, x.shape));
}

/**
 * Rows of a table: table `[v, ...d]` by int64 indices of any shape gives `[...indices, ...d]`. The gradient adds up in `ScatterND`, whose
 * order is fixed on one thread of the CPU but not on a GPU.
 */
export function gather(tape: Tape, table: Value, indices: Value): Value {
  const g = tape.graph;
  return tape.record('Gather', [table, indices], [...indices.shape, ...table.shape.slice(1)], (gradient) => {
    const rows = g.node('Unsqueeze', [indices.name, g.ints('axes', [-1])]);
    return scattered(g, g.node('Shape', [table.name]), rows, gradient);
  });
}

/** Zeros of a shape to which values are added at indices, as `ScatterND` takes them. */
export function scattered(g: GraphBuilder, shape: string, indices: string, values: string): string {
  const zeros = g.node('Expand', [g.node('CastLike', [g.scalar('zero', 0), values]), shape]);
  return g.node('ScatterND', [zeros, indices, values], { reduction: { string: 'add' } });
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
