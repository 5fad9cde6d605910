import { add, multiply } from '../onnx/autodiff/arithmetic.ts';
import { concat, gather, reshape } from '../onnx/autodiff/arrange.ts';
import { relu } from '../onnx/autodiff/elementwise.ts';
import { gemm } from '../onnx/autodiff/linear.ts';
import { standardize, type Standardized } from '../onnx/autodiff/standardize.ts';
import type { Tape, Value } from '../onnx/autodiff/tape.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import { isResidual, type Architecture } from './architecture.ts';

/** Names of the encoded inputs of a batch; a part that the network does not have is absent. */
export interface BatchInputs {
  /** float32 `[batch, numeric]` */
  readonly numeric?: string;
  /** float32 `[batch, one-hot slots]` */
  readonly oneHot?: string;
  /** int64 `[batch, embedded columns]`; int32 will do where no gradient is asked for */
  readonly embedded?: string;
}

/** What a training step does that a prediction does not. */
export interface TrainingPass {
  /** `[batch, 1]`, which sum to 1: how much each row counts in the statistics of the batch. */
  readonly shares: Value;
  /** By hidden layer, `[batch, width]`: 0 for a value that is left out, else what the others are multiplied by. None without dropout. */
  readonly masks: readonly Value[];
}

export interface Forward {
  /** `[batch, width]` */
  readonly logits: Value;
  /** By hidden layer, those of the batch, where batch normalization took them. */
  readonly statistics: readonly Standardized[];
}

/**
 * The same forward pass for training, evaluation and export. A hidden layer is `dropout(relu(normalize(x w) scale + bias))`; with residual
 * ones, x or its projection is added. Batch normalization is for a training pass alone: predictions take it folded (`foldedDesign`).
 */
export function forward(
  tape: Tape,
  network: Architecture,
  parameters: Readonly<Record<string, Value>>,
  inputs: BatchInputs,
  training: TrainingPass | null = null,
): Forward {
  const parts: Value[] = [];
  if (inputs.numeric) parts.push(tape.given(inputs.numeric, ['batch', network.numeric]));
  if (inputs.oneHot) parts.push(tape.given(inputs.oneHot, ['batch', network.oneHotSlots]));
  if (inputs.embedded) {
    const indices = tape.given(inputs.embedded, ['batch', network.embeddedColumns]);
    const looked = gather(tape, known(parameters, 'embedding'), indices);
    parts.push(reshape(tape, looked, ['batch', network.embeddedColumns * network.embedWidth]));
  }
  const [only] = parts;
  let value = only && parts.length === 1 ? only : concat(tape, parts);
  const statistics: Standardized[] = [];
  for (const layer of network.hidden.keys()) {
    const weighted = weigh(tape, network, parameters, layer, value, training);
    if (weighted.statistics !== null) statistics.push(weighted.statistics);
    const active = relu(tape, weighted.value);
    const mask = training?.masks[layer];
    const kept = mask === undefined ? active : multiply(tape, active, mask);
    if (isResidual(network, layer)) {
      const skip = parameters[`skip${layer}`];
      value = add(tape, kept, skip === undefined ? value : gemm(tape, value, skip));
    } else value = kept;
  }
  const last = network.hidden.length;
  const logits = gemm(tape, value, known(parameters, `weight${last}`), known(parameters, `bias${last}`));
  return { logits, statistics };
}

/** What a hidden layer gives before its activation, and the statistics of the batch that it took. */
function weigh(
  tape: Tape,
  { normalization }: Architecture,
  parameters: Readonly<Record<string, Value>>,
  layer: number,
  x: Value,
  training: TrainingPass | null,
): { value: Value; statistics: Standardized | null } {
  const [weight, bias] = [known(parameters, `weight${layer}`), known(parameters, `bias${layer}`)];
  if (normalization === 'none') return { value: gemm(tape, x, weight, bias), statistics: null };
  if (normalization === 'batch' && training === null)
    throw new RangeError('batch normalization predicts by statistics that are folded into the weights');
  const found =
    normalization === 'batch'
      ? standardize(tape, gemm(tape, x, weight), [0], { shares: training!.shares })
      : standardize(tape, gemm(tape, x, weight), [-1]);
  const value = add(tape, multiply(tape, found.value, known(parameters, `scale${layer}`)), bias);
  return { value, statistics: normalization === 'batch' ? found : null };
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
