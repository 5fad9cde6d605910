import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Architecture } from '../../../ml/training/architecture.ts';
import type { EncodedRows } from '../../../ml/training/encoding.ts';
import type { TargetScale } from '../../../ml/training/head.ts';

export type Feeds = Record<string, Tensor>;

/** The encoded rows, those parts that the network has. */
export function dataFeeds(network: Architecture, data: EncodedRows): Feeds {
  const { rows } = data;
  const feeds: Feeds = {};
  if (network.numeric > 0) feeds.numeric = new Tensor('float32', data.numeric, [rows, network.numeric]);
  if (network.oneHotSlots > 0) {
    const width = network.oneHotSlots;
    const bits = new Uint8Array(rows * width);
    for (const [index, slot] of data.oneHot.entries())
      bits[Math.floor(index / network.oneHotColumns) * width + slot] = 1;
    feeds.oneHot = new Tensor('uint8', bits, [rows, width]);
  }
  if (network.embeddedSlots > 0) feeds.embedded = new Tensor('int32', data.embedded, [rows, network.embeddedColumns]);
  return feeds;
}

export const labelFeed = (labels: Float64Array, { mean, deviation }: TargetScale): Tensor =>
  new Tensor(
    'float32',
    Float32Array.from(labels, (label) => (label - mean) / deviation),
    [labels.length, 1],
  );

/** 1 for each row where there are no weights. */
export function weightFeed(rows: number, weights: Float64Array | null): Tensor {
  const values = weights === null ? new Float32Array(rows).fill(1) : Float32Array.from(weights);
  return new Tensor('float32', values, [rows, 1]);
}

export const vector = (values: Float32Array): Tensor => new Tensor('float32', values, [values.length]);

export function rowsOf(tensor: Tensor, from: number, to: number): Tensor {
  const row = tensor.dims.slice(1);
  const width = row.reduce((product, size) => product * size, 1);
  const data = tensor.data as Float32Array | Uint8Array | Int32Array;
  return new Tensor(tensor.type, data.subarray(from * width, to * width), [to - from, ...row]);
}

export function floats(result: InferenceSession.ReturnType, name: string): Float32Array {
  const data = result[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new TypeError(`the graph gave no float32 "${name}"`);
}
