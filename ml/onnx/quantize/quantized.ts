import type { ModelProto } from '../proto.ts';
import type { FoundLayers, SkippedNode } from './find-layers.ts';
import type { GraphView } from './graph-view.ts';

export interface QuantizeOptions {
  /**
   * Weights of at most 64 in magnitude in place of 127: a bit less exact, but no sum saturates on CPUs without VNNI.
   * @default true
   */
  readonly reducedRange?: boolean;
}

export interface Quantized {
  readonly model: ModelProto;
  /** Names of the nodes that compute in INT8 now; empty where there was nothing to quantize. */
  readonly quantizedNodes: readonly string[];
  /** Operators with weights that stay in fp32. */
  readonly skippedNodes: readonly SkippedNode[];
}

/** Moves all layers to the skipped ones where the model's operator set is too old. */
export function atLeastOpset(view: GraphView, found: FoundLayers, opset: number): FoundLayers {
  if (view.opset >= opset) return found;
  const reason = `the model uses operator set ${view.opset}; export it with ${opset} or later`;
  return { layers: [], skipped: [...found.layers.map(({ name }) => ({ node: name, reason })), ...found.skipped] };
}

/** Why a model has no quantized nodes, in words for people. */
export function nothingToQuantize({ skippedNodes }: Quantized): string {
  if (skippedNodes.length === 0) return 'nothing to quantize: the model has no Gemm or MatMul';
  const [first] = skippedNodes;
  const others = skippedNodes.length === 1 ? '' : `, and ${skippedNodes.length - 1} more`;
  return `nothing to quantize: ${first?.node}: ${first?.reason}${others}`;
}
