import type { Signature, Tensor, TensorData, TensorType } from '../../contracts/data/tensor.ts';
import { sizeOf } from '../../contracts/data/tensor.ts';
import { createRandom } from '../../ml/random.ts';
import { halfOf } from '../../codec/float16.ts';
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
  feedsWith(signature, rows, (type, size) => dataOf(type, size, () => (type === 'string' ? '' : 0)));

const magnitudes = [0.01, 0.1, 1, 1, 10, 100, 1_000, null];
const wordCounts = [2, 5, 12, 30];

/**
 * Rows of random values in several magnitudes; whole numbers are small, as codes are, and texts are digits or letters. Where there
 * are texts, also rows in which they are sentences.
 */
export const trialRows = (signature: Signature): Feeds[] => [
  ...magnitudes.map((size, i) => randomRow(signature, i + 1, size, 0)),
  ...(signature.inputs.some(({ type }) => type === 'string')
    ? wordCounts.map((words, i) => randomRow(signature, magnitudes.length + i + 1, 1, words))
    : []),
];

/** `size` null draws one per value; `words` 0 makes texts of one character. */
function randomRow(signature: Signature, seed: number, size: number | null, words: number): Feeds {
  const random = createRandom(seed);
  const draw = (type: TensorType): number | string => {
    const part = random.next();
    switch (type) {
      case 'string':
        if (words > 0)
          return Array.from({ length: words }, () => Math.floor(random.next() * 36 ** 5).toString(36)).join(' ');
        return String.fromCharCode((seed % 2 === 0 ? 97 : 48) + Math.floor(part * 10));
      case 'bool':
        return part < 0.5 ? 0 : 1;
      case 'float16':
      case 'float32':
      case 'float64': {
        const value = (part - 0.5) * (size ?? 10 ** Math.floor(random.next() * 5 - 1));
        return type === 'float16' ? halfOf(value) : value;
      }
      default:
        return Math.floor(part * 10);
    }
  };
  return feedsWith(signature, 1, (type, count) => dataOf(type, count, () => draw(type)));
}

function feedsWith(signature: Signature, rows: number, make: (type: TensorType, size: number) => TensorData): Feeds {
  const feeds: Record<string, Tensor> = {};
  for (const { name, type, shape } of signature.inputs) {
    const sizes = shape.map((size, axis) => size ?? (axis === 0 ? rows : 1));
    feeds[name] = { type, shape: sizes, data: make(type, sizeOf(sizes)) };
  }
  return feeds;
}

function dataOf(type: TensorType, size: number, value: () => number | string): TensorData {
  switch (type) {
    case 'string':
      return Array.from({ length: size }, () => String(value()));
    case 'int64':
      return BigInt64Array.from({ length: size }, () => BigInt(value()));
    case 'uint64':
      return BigUint64Array.from({ length: size }, () => BigInt(value()));
    default:
      return arrays[type].from(Array.from({ length: size }, () => Number(value())));
  }
}
