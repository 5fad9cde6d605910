import type { Tape, Value } from '../onnx/autodiff.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import type { Architecture } from './architecture.ts';

/** Names of the encoded inputs of a batch; a part that the network does not have is absent. */
export interface BatchInputs {
  /** float32 `[batch, numeric]` */
  readonly numeric?: string;
  /** float32 `[batch, one-hot slots]` */
  readonly oneHot?: string;
  /** int64 `[batch, embedded columns]`; int32 will do where no gradient is asked for */
  readonly embedded?: string;
}

/** The same forward pass for training, evaluation and export: `[batch, width]` logits. */
export function forward(
  tape: Tape,
  network: Architecture,
  parameters: Readonly<Record<string, Value>>,
  inputs: BatchInputs,
): Value {
  const parts: Value[] = [];
  if (inputs.numeric) parts.push(tape.given(inputs.numeric, ['batch', network.numeric]));
  if (inputs.oneHot) parts.push(tape.given(inputs.oneHot, ['batch', network.oneHotSlots]));
  if (inputs.embedded) {
    const indices = tape.given(inputs.embedded, ['batch', network.embeddedColumns]);
    const looked = tape.gather(known(parameters, 'embedding'), indices);
    parts.push(tape.reshape(looked, ['batch', network.embeddedColumns * network.embedWidth]));
  }
  const [only] = parts;
  let value = only && parts.length === 1 ? only : tape.concat(parts);
  for (let layer = 0; layer <= network.hidden.length; layer++) {
    value = tape.gemm(value, known(parameters, `weight${layer}`), known(parameters, `bias${layer}`));
    if (layer < network.hidden.length) value = tape.relu(value);
  }
  return value;
}

/** Takes the flat vector of all parameters apart. */
export function splitParameters(
  graph: GraphBuilder,
  tape: Tape,
  network: Architecture,
  theta: string,
): Record<string, Value> {
  const sizes = network.parameters.map(({ size }) => size);
  const pieces = graph.multiNode(
    'Split',
    [theta, graph.ints('sizes', sizes)],
    network.parameters.map(({ name }) => `${name}_flat`),
    { axis: { int: 0 } },
  );
  return Object.fromEntries(
    network.parameters.map(({ name, shape }, index) => {
      const shaped = graph.node('Reshape', [pieces[index] ?? '', graph.ints('shape', shape)], {}, { output: name });
      return [name, tape.variable(shaped, shape)];
    }),
  );
}

function known(parameters: Readonly<Record<string, Value>>, name: string): Value {
  const value = parameters[name];
  if (!value) throw new RangeError(`the network has no parameter "${name}"`);
  return value;
}
