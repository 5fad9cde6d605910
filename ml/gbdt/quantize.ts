import { createRandom } from '../random.ts';

/** First and second derivative of the loss by the score, of each row. */
export interface Derivatives {
  readonly gradients: Float32Array;
  readonly hessians: Float32Array;
}

/**
 * Derivatives as whole numbers, two in one double: `gradient * 2^shift + hessian`. Sums of any of them are exact, so that neither their order
 * nor who adds them matters.
 */
export interface Quantized {
  readonly packed: Float64Array;
  readonly units: Units;
}

export interface Units {
  /** `2^shift` */
  readonly factor: number;
  /** What 1 stands for. */
  readonly gradient: number;
  readonly hessian: number;
}

/** Bits of a double that whole numbers have, without the sign. */
const bits = 52;

/**
 * Rounds up or down at random, so that sums have no bias (Shi et al. 2022, "Quantized training of gradient boosting decision trees"). All rows
 * together take the 52 bits: half of them each, or what a count takes where all hessians are equal. Writes to `packed`, a number for each row.
 */
export function quantize(
  { gradients, hessians }: Derivatives,
  packed: Float64Array,
  { seed, stream }: { readonly seed: number; readonly stream: number },
): Quantized {
  const rows = gradients.length;
  const facts = sumsOf(gradients, hessians);
  const shift = facts.isConstant ? Math.ceil(Math.log2(rows + 1)) : bits / 2;
  const factor = 2 ** shift;
  // A row is rounded by less than one.
  const room = (of: number): number => 2 ** of - rows - 1;
  const gradient = facts.gradients === 0 ? 1 : facts.gradients / room(bits - shift);
  const hessian = facts.isConstant ? facts.first || 1 : facts.hessians / room(shift);
  const random = createRandom(seed, stream);
  let state = Math.floor(random.next() * 2 ** 32) | 0;
  for (let row = 0; row < rows; row++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    // The lowest bits of such a generator are not random.
    const up = (state >>> 16) / 2 ** 16;
    const other = ((Math.imul(state, 0x9e3779b1) ^ (state >>> 15)) >>> 16) / 2 ** 16;
    const first = Math.floor(gradients[row]! / gradient + up);
    const second = facts.isConstant
      ? Math.round(hessians[row]! / hessian)
      : Math.floor(hessians[row]! / hessian + other);
    packed[row] = first * factor + second;
  }
  return { packed, units: { factor, gradient, hessian } };
}

function sumsOf(gradients: Float32Array, hessians: Float32Array) {
  const first = hessians[0] ?? 0;
  let [sumOfGradients, sumOfHessians, isConstant] = [0, 0, true];
  for (let row = 0; row < gradients.length; row++) {
    sumOfGradients += Math.abs(gradients[row]!);
    sumOfHessians += hessians[row]!;
    if (hessians[row] !== first) isConstant = false;
  }
  return { gradients: sumOfGradients, hessians: sumOfHessians, isConstant, first };
}
