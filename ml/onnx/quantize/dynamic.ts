import { elementTypes } from '../tensor.ts';
import { nodeOf } from '../graph.ts';
import type { ModelProto, NodeProto } from '../proto.ts';
import { findLayers, type DenseLayer } from './find-layers.ts';
import { GraphView, Rewrite } from './graph-view.ts';
import { atLeastOpset, type Quantized, type QuantizeOptions } from './quantized.ts';
import { quantizeWeights } from './scheme.ts';

/** Names of an activation in uint8, and of the scale and the least value of each of its rows. */
interface QuantizedValue {
  readonly quantized: string;
  readonly scale: string;
  readonly low: string;
}

/**
 * Dynamic INT8: weights in int8 with a scale per column, activations in uint8 with a range that is measured in every pass, for each row by
 * itself: a row is not moved by its neighbours in a pass (DynamicQuantizeLinear takes one range of the whole batch). No calibration is needed.
 * Every other node, and all names of inputs and outputs, stay. Equal models give equal models.
 */
export function quantizeDynamic(model: ModelProto, { reducedRange = true }: QuantizeOptions = {}): Quantized {
  const view = new GraphView(model);
  const { layers, skipped } = atLeastOpset(view, findLayers(view), 11);
  const rewrite = new Rewrite(view);
  const activations = new Map<string, QuantizedValue>();
  for (const layer of layers) {
    const nodes: NodeProto[] = [];
    let activation = activations.get(layer.activation);
    if (activation === undefined) {
      activation = quantizeRows(rewrite, layer.activation, nodes);
      activations.set(layer.activation, activation);
    }
    nodes.push(...integerLayer(rewrite, layer, activation, reducedRange));
    rewrite.replace(layer.node, nodes);
    if (layer.add) rewrite.replace(layer.add, []);
  }
  return { model: rewrite.model(), quantizedNodes: layers.map(({ name }) => name), skippedNodes: skipped };
}

/** From this operator set on a reduction takes its axes as an input. */
const axesAsInput = 18;
/** Least scale of a row, which then is all zeros. */
const leastScale = 2 ** -126;

/** `q = round((x - low) / scale)` with `scale = (max - low) / 255`, row by row, where low and max are widened to hold zero. */
function quantizeRows(rewrite: Rewrite, value: string, nodes: NodeProto[]): QuantizedValue {
  const { view } = rewrite;
  const step = (
    opType: string,
    inputs: readonly string[],
    stem: string,
    attributes: Parameters<typeof nodeOf>[3] = {},
  ) => {
    const output = view.unique(`${value}_${stem}`);
    nodes.push(nodeOf(opType, inputs, [output], attributes));
    return output;
  };
  const constant = (stem: string, number: number): string =>
    rewrite.constant(`${value}_${stem}`, Float32Array.of(number), []);
  const reduce = (opType: string, stem: string): string =>
    view.opset >= axesAsInput
      ? step(opType, [value, rewrite.constant(`${value}_axes`, BigInt64Array.of(-1n), [1])], stem)
      : step(opType, [value], stem, { axes: { ints: [-1] } });
  const zero = constant('zero', 0);
  const low = step('Min', [reduce('ReduceMin', 'least'), zero], 'low');
  const high = step('Max', [reduce('ReduceMax', 'most'), zero], 'high');
  const range = step('Sub', [high, low], 'range');
  const exact = step('Div', [range, constant('levels', 255)], 'exact_scale');
  const scale = step('Max', [exact, constant('least_scale', leastScale)], 'scale');
  const above = step('Sub', [value, low], 'above');
  const rounded = step('Round', [step('Div', [above, scale], 'scaled')], 'rounded');
  const quantized = step('Cast', [rounded], 'quantized', { to: { int: elementTypes.uint8 } });
  return { quantized, scale, low };
}

/** `y = (q W) * scale * weight scale + low * (sum of each column of W) + bias`. */
function integerLayer(
  rewrite: Rewrite,
  { name, weights, bias, output }: DenseLayer,
  { quantized, scale, low }: QuantizedValue,
  reducedRange: boolean,
): NodeProto[] {
  const { view } = rewrite;
  const { data, scales, rows, columns } = quantizeWeights(weights, reducedRange);
  const weight = rewrite.constant(`${name}_weight_quantized`, data, [rows, columns]);
  const weightScale = rewrite.constant(`${name}_weight_scale`, scales);
  const sums = new Float64Array(columns);
  for (const [at, value] of data.entries()) sums[at % columns]! += value * scales[at % columns]!;
  const weightSum = rewrite.constant(`${name}_weight_sum`, Float32Array.from(sums));
  const [sum, cast, byRow, product, shift] = ['sum', 'cast', 'by_row', 'product', 'shift'].map((stem) =>
    view.unique(`${name}_${stem}`),
  ) as [string, string, string, string, string];
  const shifted = bias ? view.unique(`${name}_shifted`) : output;
  return [
    nodeOf('MatMulInteger', [quantized, weight], [sum]),
    nodeOf('Cast', [sum], [cast], { to: { int: elementTypes.float32 } }),
    nodeOf('Mul', [cast, scale], [byRow]),
    nodeOf('Mul', [byRow, weightScale], [product]),
    nodeOf('Mul', [low, weightSum], [shift]),
    nodeOf('Add', [product, shift], [shifted]),
    ...(bias ? [nodeOf('Add', [shifted, rewrite.constant(`${name}_bias`, bias)], [output])] : []),
  ];
}
