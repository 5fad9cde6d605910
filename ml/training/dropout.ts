import type { Random } from '../random.ts';

/** Drawn by 16 bits. */
const levels = 65_536;

const dropped = (share: number): number => Math.round(share * levels);

/** What kept values are multiplied by, so that the mean stays what it was. */
export const dropoutScale = (share: number): number => levels / (levels - dropped(share));

/** So many marks: 1 for a value that is kept, 0 with the chance `share`, a multiple of 2^-16. */
export function drawKept(random: Random, length: number, share: number): Uint8Array {
  const limit = dropped(share);
  const kept = new Uint8Array(length);
  for (let index = 0; index < length; index += 2) {
    const drawn = random.integer(2 ** 32);
    kept[index] = (drawn & 0xffff) >= limit ? 1 : 0;
    if (index + 1 < length) kept[index + 1] = drawn >>> 16 >= limit ? 1 : 0;
  }
  return kept;
}
