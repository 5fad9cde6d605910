import { namesIn } from './repeated-names.ts';

const backslash = 0x5c;
const closeList = 0x5d;
const closeObject = 0x7d;
const colon = 0x3a;
const openList = 0x5b;
const openObject = 0x7b;
const quote = 0x22;

/** Deeper ones are for the general parser to refuse. */
const deepest = 16;

/**
 * The list or object that begins at `from`, and the index behind it. Undefined where it is not plain: too deep, not valid, with escapes, with
 * bytes beyond ASCII, or with one name twice.
 */
export function otherValue(bytes: Buffer, from: number): { readonly value: unknown; readonly end: number } | undefined {
  let [at, depth, named] = [from, 0, 0];
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === openList || byte === openObject) depth += 1;
    else if (byte === closeList || byte === closeObject) depth -= 1;
    else if (byte === colon) named += 1;
    else if (byte === backslash || byte > 0x7e) return undefined;
    else if (byte === quote) {
      at = bytes.indexOf(quote, at + 1);
      if (at < 0) return undefined;
    }
    if (depth === 0 || depth > deepest) break;
  }
  const end = at + 1;
  const text = bytes.toString('utf8', from, end);
  if (text.includes('\\') || text.includes('\ufffd')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return namesIn(value) === named ? { value, end } : undefined;
  } catch {
    return undefined;
  }
}
