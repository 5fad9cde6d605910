/** Unsigned keys of 32 bits are sorted by three digits of so many bits (the last has what is left), from the lowest on. */
export const digitBits = 11;
const values = 1 << digitBits;
export const digitMask = values - 1;

/** How often each digit of the keys has each value, digit by digit. */
export function countDigits(keys: Uint32Array): readonly [Uint32Array, Uint32Array, Uint32Array] {
  const [low, middle, high] = [new Uint32Array(values), new Uint32Array(values), new Uint32Array(values)];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    low[key & digitMask]!++;
    middle[(key >>> digitBits) & digitMask]!++;
    high[key >>> (2 * digitBits)]!++;
  }
  return [low, middle, high];
}

/** Where the keys with each value of a digit start; null where all keys have the same one. */
export function startsOf(counts: Uint32Array, keys: number): Uint32Array | null {
  if (counts.includes(keys)) return null;
  let start = 0;
  return counts.map((count) => (start += count) - count);
}
