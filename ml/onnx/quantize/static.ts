import { nodeOf } from '../graph.ts';
import type { ModelProto, NodeProto } from '../proto.ts';
import type { ObservedRange, ObservedRanges } from './calibration.ts';
import { findLayers, type DenseLayer, type FoundLayers } from './find-layers.ts';
import { GraphView, Rewrite } from './graph-view.ts';
import { atLeastOpset, type Quantized, type QuantizeOptions } from './quantized.ts';
import {
  activationScale,
  leastScalesFor,
  quantizeBias,
  quantizeWeights,
  type AffineScale,
  type QuantizedMatrix,
} from './scheme.ts';

/** An activation after its QuantizeLinear and DequantizeLinear. */
interface RoundTrip {
  readonly value: string;
  readonly scale: AffineScale;
}

/**
 * Static INT8 in QDQ form: activations go through QuantizeLinear and DequantizeLinear (uint8) with the ranges of a calibration,
 * weights are int8 with a scale per column, biases int32; ONNX Runtime fuses this to QGemm and the like, and a Relu between
 * two layers into the quantization. A MatMul of matrices with a bias becomes a Gemm. Every other node, and all names of inputs
 * and outputs, stay. Equal models and ranges give equal models.
 */
export function quantizeStatic(
  model: ModelProto,
  ranges: ObservedRanges,
  { reducedRange = true }: QuantizeOptions = {},
): Quantized {
  const view = new GraphView(model);
  const found = findLayers(view, (value) => ranges.get(value)?.rank ?? null);
  const { layers, skipped } = withRanges(atLeastOpset(view, found, 13), ranges);
  const rewrite = new Rewrite(view);
  const trips = new Map<string, RoundTrip>();
  for (const { layer, range } of layers) {
    const before = trips.get(layer.activation);
    const [trip, nodes] = before ? [before, []] : roundTrip(rewrite, layer.activation, range);
    trips.set(layer.activation, trip);
    rewrite.replace(layer.node, [...nodes, ...qdqLayer(rewrite, layer, trip, reducedRange)]);
    if (layer.add) rewrite.replace(layer.add, []);
  }
  return { model: rewrite.model(), quantizedNodes: layers.map(({ layer }) => layer.name), skippedNodes: skipped };
}

function withRanges({ layers, skipped }: FoundLayers, ranges: ObservedRanges) {
  const reasonOf = (layer: DenseLayer): string | null => {
    const range = ranges.get(layer.activation);
    if (!range) return 'its activation was not seen in the calibration';
    return Number.isFinite(range.min + range.max)
      ? null
      : 'its activation is not finite on the rows of the calibration';
  };
  return {
    layers: layers.flatMap((layer) => {
      const range = ranges.get(layer.activation);
      return range && reasonOf(layer) === null ? [{ layer, range }] : [];
    }),
    skipped: [
      ...layers.flatMap((layer) => {
        const reason = reasonOf(layer);
        return reason === null ? [] : [{ node: layer.name, reason }];
      }),
      ...skipped,
    ],
  };
}

function roundTrip(rewrite: Rewrite, value: string, range: ObservedRange): [RoundTrip, NodeProto[]] {
  const scale = activationScale(range);
  const by = [
    rewrite.constant(`${value}_scale`, Float32Array.of(scale.scale), []),
    rewrite.constant(`${value}_zero_point`, Uint8Array.of(scale.zeroPoint), []),
  ];
  const quantized = rewrite.view.unique(`${value}_quantized`);
  const restored = rewrite.view.unique(`${value}_dequantized`);
  return [
    { value: restored, scale },
    [nodeOf('QuantizeLinear', [value, ...by], [quantized]), nodeOf('DequantizeLinear', [quantized, ...by], [restored])],
  ];
}

function qdqLayer(rewrite: Rewrite, layer: DenseLayer, activation: RoundTrip, reducedRange: boolean): NodeProto[] {
  const { name, bias, output, rank } = layer;
  const least = bias ? leastScalesFor(bias, activation.scale) : undefined;
  const weights = quantizeWeights(layer.weights, reducedRange, least);
  const weight = rewrite.view.unique(`${name}_weight_dequantized`);
  const restore = restoreWeights(rewrite, name, weights, weight);
  if (!bias) return [restore, nodeOf('MatMul', [activation.value, weight], [output])];
  if (rank !== 2) {
    const product = rewrite.view.unique(`${name}_product`);
    const vector = rewrite.constant(`${name}_bias`, bias);
    return [
      restore,
      nodeOf('MatMul', [activation.value, weight], [product]),
      nodeOf('Add', [product, vector], [output]),
    ];
  }
  const scales = weights.scales.map((scale) => scale * activation.scale.scale);
  const vector = rewrite.view.unique(`${name}_bias_dequantized`);
  const quantizedBias = rewrite.constant(`${name}_bias_quantized`, quantizeBias(bias, scales));
  const biasScale = rewrite.constant(`${name}_bias_scale`, scales);
  return [
    restore,
    nodeOf('DequantizeLinear', [quantizedBias, biasScale], [vector], { axis: { int: 0 } }),
    nodeOf('Gemm', [activation.value, weight, vector], [output]),
  ];
}

function restoreWeights(rewrite: Rewrite, name: string, weights: QuantizedMatrix, output: string): NodeProto {
  const { data, scales, rows, columns } = weights;
  const inputs = [
    rewrite.constant(`${name}_weight_quantized`, data, [rows, columns]),
    rewrite.constant(`${name}_weight_scale`, scales),
    rewrite.constant(`${name}_weight_zero_point`, new Int8Array(columns)),
  ];
  return nodeOf('DequantizeLinear', inputs, [output], { axis: { int: 1 } });
}
