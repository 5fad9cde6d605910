const [buckets, halfDigits] = [2048, 3];

/**
 * Row numbers in ascending order of value; equal values (0 and -0 are) stay in the order of the rows, NaN comes last. A radix sort by
 * the bits of the doubles, 11 at a time from the lowest on (Knuth, TAOCP 3, 5.2.5): O(rows). Digits that all rows share cost nothing, so that
 * values that were float32 take four passes of six.
 */
export function ascendingOrder(values: Float64Array): Uint32Array {
  const rows = values.length;
  const keys = sortableBits(values);
  const counts = Array.from(keys, (half) => countDigits(half));
  let order = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  let sorted = new Uint32Array(rows);
  for (const [place, half] of keys.entries())
    for (let digit = 0; digit < halfDigits; digit++) {
      const next = startsOf(counts[place]!, digit, rows);
      if (next === null) continue;
      for (let i = 0; i < rows; i++) {
        const row = order[i]!;
        sorted[next[(half[row]! >>> (11 * digit)) & (buckets - 1)]!++] = row;
      }
      [order, sorted] = [sorted, order];
    }
  return order;
}

/** Low and high words of keys that are ordered as unsigned integers where the values are as numbers. */
function sortableBits(values: Float64Array): readonly [low: Uint32Array, high: Uint32Array] {
  const rows = values.length;
  const [low, high] = [new Uint32Array(rows), new Uint32Array(rows)];
  const double = new Float64Array(1);
  const words = new Uint32Array(double.buffer);
  const isLittle = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
  const [atLow, atHigh] = isLittle ? [0, 1] : [1, 0];
  for (let row = 0; row < rows; row++) {
    const value = values[row]!;
    // -0 becomes 0, and every NaN the same one.
    double[0] = Number.isNaN(value) ? Number.NaN : value + 0;
    const flip = value < 0 ? 0xffffffff : 0;
    low[row] = words[atLow]! ^ flip;
    high[row] = words[atHigh]! ^ (flip | 0x80000000);
  }
  return [low, high];
}

/** How often each digit of the keys has each value, digit by digit. */
function countDigits(keys: Uint32Array): Uint32Array {
  const counts = new Uint32Array(halfDigits * buckets);
  for (let row = 0; row < keys.length; row++) {
    const key = keys[row]!;
    counts[key & (buckets - 1)]!++;
    counts[buckets + ((key >>> 11) & (buckets - 1))]!++;
    counts[2 * buckets + (key >>> 22)]!++;
  }
  return counts;
}

/** Where the rows of each value of a digit start; null where all rows have the same one. */
function startsOf(counts: Uint32Array, digit: number, rows: number): Uint32Array | null {
  const starts = new Uint32Array(buckets);
  let start = 0;
  for (let value = 0; value < buckets; value++) {
    const count = counts[digit * buckets + value]!;
    if (count === rows) return null;
    starts[value] = start;
    start += count;
  }
  return starts;
}
