import { countDigits, digitBits, digitMask, startsOf } from './radix-digits.ts';

export interface AscendingOrder {
  /** Row numbers in ascending order of value. */
  readonly order: Uint32Array;
  /** The ends (exclusive) of the runs of equal values in that order. */
  readonly ends: Uint32Array;
}

const signBit = 1 << 31;

/**
 * Rows in ascending order of value; equal values (0 and -0 are) stay in the order of the rows, NaN comes last. A radix sort by the bits of the
 * numbers, 11 at a time from the lowest on (Knuth, TAOCP 3, 5.2.5): O(rows). Numbers that float32 holds, as models answer, take half of the passes.
 */
export function ascendingOrder(numbers: Float64Array): AscendingOrder {
  const rows = new Uint32Array(numbers.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  const single = new Float32Array(numbers);
  if (isEqual(single, numbers)) {
    const { keys, places } = sortPairs(sortable(new Int32Array(single.buffer)), rows);
    return { order: places, ends: runEnds(keys) };
  }
  const { low, high } = wordsOf(numbers);
  const byLow = sortPairs(low, rows).places;
  const { keys, places } = sortPairs(take(high, byLow), byLow);
  return { order: places, ends: runEnds(keys, take(low, places)) };
}

function isEqual(single: Float32Array, numbers: Float64Array): boolean {
  for (let row = 0; row < numbers.length; row++) if (single[row] !== numbers[row]) return false;
  return true;
}

/** Bits of float32 as keys, which are ordered as unsigned integers where the numbers are. */
function sortable(bits: Int32Array): Uint32Array {
  const keys = new Uint32Array(bits.length);
  for (let row = 0; row < bits.length; row++) {
    const word = bits[row] === signBit ? 0 : bits[row]!;
    keys[row] = word ^ ((word >> 31) | signBit);
  }
  return keys;
}

/** The same of doubles, in two words. */
function wordsOf(numbers: Float64Array): { low: Uint32Array; high: Uint32Array } {
  const words = new Uint32Array(new Float64Array(numbers).buffer);
  const [low, high] = [new Uint32Array(numbers.length), new Uint32Array(numbers.length)];
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row]!;
    if (number === 0) high[row] = 0x80000000;
    else if (Number.isNaN(number)) high[row] = low[row] = 0xffffffff;
    else {
      const flip = number < 0 ? 0xffffffff : 0;
      low[row] = words[2 * row]! ^ flip;
      high[row] = words[2 * row + 1]! ^ (flip | 0x80000000);
    }
  }
  return { low, high };
}

function take(from: Uint32Array, places: Uint32Array): Uint32Array {
  const taken = new Uint32Array(places.length);
  for (let i = 0; i < places.length; i++) taken[i] = from[places[i]!]!;
  return taken;
}

interface Pairs {
  readonly keys: Uint32Array;
  readonly places: Uint32Array;
}

/** Sorts pairs by their keys; pairs with equal keys stay in their order. A digit that all keys share costs no pass. */
function sortPairs(keys: Uint32Array, places: Uint32Array): Pairs {
  const counts = countDigits(keys);
  let from: Pairs = { keys, places };
  let spare: Pairs | null = null;
  for (const [digit, count] of counts.entries()) {
    const next = startsOf(count, keys.length);
    if (next === null) continue;
    const to: Pairs = spare ?? { keys: new Uint32Array(keys.length), places: new Uint32Array(keys.length) };
    move(from, to, next, digit * digitBits);
    // What was given stays as it is.
    spare = from.keys === keys ? null : from;
    from = to;
  }
  return from;
}

function move(from: Pairs, to: Pairs, next: Uint32Array, shift: number): void {
  const { keys, places } = from;
  const { keys: toKeys, places: toPlaces } = to;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const place = next[(key >>> shift) & digitMask]!++;
    toKeys[place] = key;
    toPlaces[place] = places[i]!;
  }
}

/** `low`: of keys of two words, the second one. */
function runEnds(keys: Uint32Array, low?: Uint32Array): Uint32Array {
  const ends = new Uint32Array(keys.length);
  let runs = 0;
  for (let i = 1; i < keys.length; i++)
    if (keys[i] !== keys[i - 1] || (low !== undefined && low[i] !== low[i - 1])) ends[runs++] = i;
  if (keys.length > 0) ends[runs++] = keys.length;
  return ends.slice(0, runs);
}
