import type { Signature, Tensor, TensorData, TensorType } from '../../contracts/tensor.ts';
import { sizeOf } from '../../contracts/tensor.ts';
import { createRandom } from '../../ml/random.ts';
import type { Feeds } from './served-version.ts';

const arrays = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Inputs that any model of this signature can be tried with: zeros and empty texts; sizes that are not fixed are `rows` and 1. */
export const blankFeeds = (signature: Signature, rows = 1): Feeds =>
  feedsWith(signature, rows, (type, size) => dataOf(type, size, () => 0));

/** Inputs of every magnitude, small integers (codes) among them, the same for the same seed. */
export function randomFeeds(signature: Signature, rows: number, seed: number): Feeds {
  const random = createRandom(seed);
  const value = (type: TensorType): number => {
    const draw = random.next();
    if (type === 'bool') return draw < 0.5 ? 0 : 1;
    if (type === 'float16') return Math.floor(draw * 0x3c00);
    if (type === 'float32' || type === 'float64') return (draw - 0.5) * 10 ** Math.floor(random.next() * 5 - 1);
    return Math.floor(draw * 10);
  };
  return feedsWith(signature, rows, (type, size) => dataOf(type, size, () => value(type)));
}

function feedsWith(signature: Signature, rows: number, make: (type: TensorType, size: number) => TensorData): Feeds {
  const feeds: Record<string, Tensor> = {};
  for (const { name, type, shape } of signature.inputs) {
    const sizes = shape.map((size, axis) => size ?? (axis === 0 ? rows : 1));
    feeds[name] = { type, shape: sizes, data: make(type, sizeOf(sizes)) };
  }
  return feeds;
}

function dataOf(type: TensorType, size: number, value: () => number): TensorData {
  switch (type) {
    case 'string':
      return Array.from({ length: size }, () => {
        const code = value();
        return code === 0 ? '' : String(Math.abs(Math.trunc(code)));
      });
    case 'int64':
      return BigInt64Array.from({ length: size }, () => BigInt(value()));
    case 'uint64':
      return BigUint64Array.from({ length: size }, () => BigInt(value()));
    default:
      return arrays[type].from(Array.from({ length: size }, value));
  }
}
