import { Tape } from '../onnx/autodiff/tape.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import type { ModelProto } from '../onnx/proto.ts';
import { answeringModel } from './answering-model.ts';
import type { Architecture } from './architecture.ts';
import { slotCount, slotOffsets, type Encoding, type NumericEncoding } from './encoding.ts';
import type { AnswerJob, Head } from './head.ts';
import { forward, type BatchInputs } from './network.ts';
import { checkNames, lookUp, sideBySide } from './raw-inputs.ts';

export interface ExportJob {
  readonly encoding: Encoding;
  readonly network: Architecture;
  /** One vector of parameters, or several for the mean of what they give. */
  readonly thetas: readonly Float32Array[];
  readonly head: Head;
  readonly answer: AnswerJob;
  /** What is added to the logits, float32 `[batch, width]`, by the encoded numbers. */
  readonly added?: ((g: GraphBuilder, numbers: string) => string) | undefined;
}

/**
 * The model that is served. Inputs: one tensor `[batch, 1]` per raw column, text for categories (empty is missing) and float32
 * for numbers (NaN is missing). Outputs: those of the head. Throws `InvalidConfigError` for a feature that is called as an output.
 */
export function exportedModel({ encoding, network, thetas, head, answer, added }: ExportJob): ModelProto {
  checkNames(encoding.inputs, head);
  const g = new GraphBuilder('model');
  for (const { name, type } of encoding.inputs) g.input(name, type, ['batch', 1]);
  const tape = new Tape(g);
  const inputs = encodedInputs(g, encoding);
  const each = thetas.map((theta) => {
    const parameters = Object.fromEntries(
      network.parameters.map(({ name, shape, offset, size }) => [
        name,
        tape.given(g.constant(name, theta.subarray(offset, offset + size), shape), shape),
      ]),
    );
    return forward(tape, network, parameters, inputs).logits.name;
  });
  const name = each.length === 1 ? (each[0] ?? '') : g.node('Mean', each);
  const logits = added === undefined ? name : g.node('Add', [name, added(g, inputs.numeric ?? '')]);
  return answeringModel(g, logits, { head, answer }, 4);
}

/** Raw columns, encoded as `encodeRows` does. */
const encodedInputs = (g: GraphBuilder, { numeric, oneHot, embedded }: Encoding): BatchInputs => ({
  numeric: numeric.length > 0 ? numbers(g, numeric) : undefined,
  oneHot: oneHot.length > 0 ? ones(g, lookUp(g, oneHot, slotOffsets(oneHot)), slotCount(oneHot)) : undefined,
  embedded: embedded.length > 0 ? lookUp(g, embedded, slotOffsets(embedded)) : undefined,
});

/** Standardized numbers, then the marks of missing ones. */
function numbers(g: GraphBuilder, columns: readonly NumericEncoding[]): string {
  const raw = withTails(g, sideBySide(g, columns), columns);
  const means = g.constant(
    'means',
    Float32Array.from(columns, ({ mean }) => mean),
  );
  const deviations = g.constant(
    'deviations',
    Float32Array.from(columns, ({ deviation }) => deviation),
  );
  const isMissing = g.node('IsNaN', [raw]);
  const imputed = g.node('Where', [isMissing, means, raw]);
  const standardized = g.node('Div', [g.node('Sub', [imputed, means]), deviations]);
  const marked = columns.flatMap(({ marked }, index) => (marked ? [index] : []));
  if (marked.length === 0) return standardized;
  const marks = g.node('Cast', [isMissing], { to: { int: 1 } });
  const taken =
    marked.length === columns.length
      ? marks
      : g.node('Gather', [marks, g.ints('marked', marked)], { axis: { int: 1 } });
  return g.node('Concat', [standardized, taken], { axis: { int: 1 } });
}

/** Draws in the numbers that have long tails, as `drawnIn` does. */
function withTails(g: GraphBuilder, raw: string, columns: readonly NumericEncoding[]): string {
  if (columns.every(({ tails }) => tails === null)) return raw;
  const row = (stem: string, of: (column: NumericEncoding) => number): string =>
    g.constant(stem, Float32Array.from(columns, of), [1, columns.length]);
  const moved = g.node('Sub', [raw, row('middles', ({ tails }) => tails?.middle ?? 0)]);
  const drawn = g.node('Asinh', [g.node('Div', [moved, row('widths', ({ tails }) => tails?.width ?? 1)])]);
  const isLong = g.constant(
    'long',
    Uint8Array.from(columns, ({ tails }) => Number(tails !== null)),
    [1, columns.length],
    'bool',
  );
  return g.node('Where', [isLong, drawn, raw]);
}

/** Slots to float32 `[batch, slots]` with a 1 in each column's slot. */
function ones(g: GraphBuilder, slots: string, width: number): string {
  const shape = g.node('Shape', [slots]);
  const batch = g.node('Gather', [shape, g.ints('first', [0])]);
  const size = g.node('Concat', [batch, g.ints('width', [width])], { axis: { int: 0 } });
  const zeros = g.node('Expand', [g.constant('zero', Float32Array.of(0), [1, 1]), size]);
  const each = g.node('Expand', [g.constant('one_each', Float32Array.of(1), [1, 1]), shape]);
  return g.node('ScatterElements', [zeros, slots, each], { axis: { int: 1 } });
}
