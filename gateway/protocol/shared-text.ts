import { datatypes } from '../call/infer-request.ts';

/** Characters of the longest text that is kept to be compared. */
export const longestShared = 32;

export const hashWith = (hash: number, byte: number): number => (Math.imul(hash, 31) + byte) | 0;

/** Names and categories come again and again: comparing is quicker than making them, and than hashing them once more. */
const texts = Array.from({ length: 4096 }, () => '');
const slotOf = (hash: number): number => (hash ^ (hash >>> 12)) & 4095;

for (const text of ['id', 'inputs', 'outputs', 'name', 'datatype', 'shape', 'data', ...datatypes]) {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = hashWith(hash, text.charCodeAt(i));
  texts[slotOf(hash)] = text;
}

/** The text of ASCII bytes from `from` to before `to`, whose `hashWith` of the first `longestShared` of them is `hash`. */
export function sharedText(here: Buffer, from: number, to: number, hash: number): string {
  const length = to - from;
  if (length > longestShared) return here.toString('latin1', from, to);
  const slot = slotOf(hash);
  const known = texts[slot]!;
  if (known.length === length) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === here[from + i]) i += 1;
    if (i === length) return known;
  }
  const text = here.toString('latin1', from, to);
  texts[slot] = text;
  return text;
}
