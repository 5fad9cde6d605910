import { countDigits, digitBits, digitMask, startsOf } from '../statistics/radix-digits.ts';
import { aucOf, rankScores } from './auc.ts';

/**
 * The AUC of rows that count once each: what `aucOf` finds, in less than half of its time where scores are 0 or more and held by float32, as
 * models answer. A key of a score and its label is sorted, so that no row is looked up. Null where one class is absent. O(n).
 */
export function aucOnce(labels: ArrayLike<number>, scores: Float64Array): number | null {
  const keys = keysOf(labels, scores);
  return keys === null ? aucOf(Uint8Array.from(labels), rankScores(scores)) : aucOfKeys(sorted(keys));
}

/** The bits of a float32 that is not negative, which are ordered as the numbers are, and the label in the lowest bit; null for other scores. */
function keysOf(labels: ArrayLike<number>, scores: Float64Array): Uint32Array | null {
  const singles = new Float32Array(scores);
  const keys = new Uint32Array(singles.buffer);
  let odd = 0;
  for (let row = 0; row < keys.length; row++) {
    const single = singles[row]!;
    odd |= Number(!(single >= 0 && single === scores[row]!));
    // The shift drops the sign of -0.
    keys[row] = (keys[row]! << 1) | Number(labels[row] === 1);
  }
  return odd === 0 ? keys : null;
}

function sorted(keys: Uint32Array): Uint32Array {
  let from = keys;
  let to: Uint32Array = new Uint32Array(keys.length);
  for (const [digit, count] of countDigits(keys).entries()) {
    const next = startsOf(count, keys.length);
    if (next === null) continue;
    move(from, to, next, digit * digitBits);
    [from, to] = [to, from];
  }
  return from;
}

function move(from: Uint32Array, to: Uint32Array, next: Uint32Array, shift: number): void {
  for (let i = 0; i < from.length; i++) {
    const key = from[i]!;
    to[next[(key >>> shift) & digitMask]!++] = key;
  }
}

/** Mann-Whitney's U over the number of pairs, equal scores counted one half. */
function aucOfKeys(keys: Uint32Array): number | null {
  let [positives, negatives, twiceWins, up, down] = [0, 0, 0, 0, 0];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    // Without a branch, which labels in no order would mispredict.
    const label = key & 1;
    up += label;
    down += 1 - label;
    if (i + 1 < keys.length && key >>> 1 === keys[i + 1]! >>> 1) continue;
    twiceWins += up * (2 * negatives + down);
    positives += up;
    negatives += down;
    up = down = 0;
  }
  return positives === 0 || negatives === 0 ? null : twiceWins / (2 * positives * negatives);
}
