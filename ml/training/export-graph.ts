import { Tape } from '../onnx/autodiff.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import type { ModelProto } from '../onnx/proto.ts';
import { answeringModel } from './answering-model.ts';
import type { Architecture } from './architecture.ts';
import { slotOffsets, type Encoding, type NumericEncoding } from './encoding.ts';
import type { AnswerJob, Head } from './head.ts';
import { forward } from './network.ts';
import { checkNames, lookUp, sideBySide } from './raw-inputs.ts';

export interface ExportJob {
  readonly encoding: Encoding;
  readonly network: Architecture;
  readonly theta: Float32Array;
  readonly head: Head;
  readonly answer: AnswerJob;
}

/**
 * The model that is served. Inputs: one tensor `[batch, 1]` per raw column, text for categories (empty is missing) and float32
 * for numbers (NaN is missing). Outputs: those of the head. Throws `InvalidConfigError` for a feature that is called as an output.
 */
export function exportedModel({ encoding, network, theta, head, answer }: ExportJob): ModelProto {
  checkNames(encoding.inputs, head);
  const g = new GraphBuilder('model');
  for (const { name, type } of encoding.inputs) g.input(name, type, ['batch', 1]);
  const tape = new Tape(g);
  const parameters = Object.fromEntries(
    network.parameters.map(({ name, shape, offset, size }) => [
      name,
      tape.given(g.constant(name, theta.subarray(offset, offset + size), shape), shape),
    ]),
  );
  const inputs = {
    numeric: encoding.numeric.length > 0 ? standardize(g, encoding.numeric) : undefined,
    oneHot:
      encoding.oneHot.length > 0
        ? oneHot(g, lookUp(g, encoding.oneHot, slotOffsets(encoding.oneHot)), network.oneHotSlots)
        : undefined,
    embedded: encoding.embedded.length > 0 ? lookUp(g, encoding.embedded, slotOffsets(encoding.embedded)) : undefined,
  };
  const logits = forward(tape, network, parameters, inputs);
  return answeringModel(g, logits.name, { head, answer }, 4);
}

function standardize(g: GraphBuilder, columns: readonly NumericEncoding[]): string {
  const raw = sideBySide(g, columns);
  const means = g.constant(
    'means',
    Float32Array.from(columns, ({ mean }) => mean),
  );
  const deviations = g.constant(
    'deviations',
    Float32Array.from(columns, ({ deviation }) => deviation),
  );
  const imputed = g.node('Where', [g.node('IsNaN', [raw]), means, raw]);
  return g.node('Div', [g.node('Sub', [imputed, means]), deviations]);
}

/** Slots to float32 `[batch, slots]` with a 1 in each column's slot. */
function oneHot(g: GraphBuilder, slots: string, width: number): string {
  const shape = g.node('Shape', [slots]);
  const batch = g.node('Gather', [shape, g.ints('first', [0])]);
  const size = g.node('Concat', [batch, g.ints('width', [width])], { axis: { int: 0 } });
  const zeros = g.node('Expand', [g.constant('zero', Float32Array.of(0), [1, 1]), size]);
  const ones = g.node('Expand', [g.constant('one_each', Float32Array.of(1), [1, 1]), shape]);
  return g.node('ScatterElements', [zeros, slots, ones], { axis: { int: 1 } });
}
