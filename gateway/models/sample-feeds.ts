import type { Feeds, Signature, Tensor, TensorType } from '../../contracts/data/tensor.ts';
import { createRandom } from '../../ml/random.ts';
import { tensorOf } from '../../ml/tensors/tensor-data.ts';

/** Inputs that any model of this signature can be tried with: zeros and empty texts; sizes that are not fixed are `rows` and 1. */
export const blankFeeds = (signature: Signature, rows = 1): Feeds =>
  feedsWith(signature, rows, (type) => (type === 'string' ? '' : 0));

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
      case 'float64':
        return (part - 0.5) * (size ?? 10 ** Math.floor(random.next() * 5 - 1));
      default:
        return Math.floor(part * 10);
    }
  };
  return feedsWith(signature, 1, draw);
}

function feedsWith(signature: Signature, rows: number, valueOf: (type: TensorType) => number | string): Feeds {
  const feeds: Record<string, Tensor> = {};
  for (const { name, type, shape } of signature.inputs) {
    const sizes = shape.map((size, axis) => size ?? (axis === 0 ? rows : 1));
    feeds[name] = tensorOf(type, sizes, () => valueOf(type));
  }
  return feeds;
}
