import { isUtf8 } from 'node:buffer';
import { badRequest, HttpError } from '../http-error.ts';

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws `HttpError` 400. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const hint = /[[,:]\s*-?(NaN|Infinity)/.test(text)
      ? ' (JSON has no NaN and no infinity: send null for what is missing, or binary tensors)'
      : '';
    throw badRequest(`the body is no valid JSON: ${(error as Error).message}${hint}`);
  }
}

/** The value that a body holds; at most `maxValues` values in all. Throws `HttpError` 400 or 413. */
export function parseJsonBody(body: Buffer, maxValues: number): unknown {
  checkValueCount(body, maxValues);
  return parseJsonText(body);
}

/** Throws `HttpError` 400. */
export function parseJsonText(body: Buffer): unknown {
  const text = body.toString();
  if (text.includes('\ufffd') && !isUtf8(body)) throw badRequest('the body is no UTF-8: JSON must be');
  return parseJson(text);
}

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openList = 0x5b;
const openObject = 0x7b;

/**
 * Counts values before they are parsed, which would take ten times as long and their memory. Throws `HttpError` 413 for more than
 * `maxValues`.
 */
export function checkValueCount(body: Buffer, maxValues: number): void {
  // Each value takes two bytes at least, with what parts it from the next.
  if (body.length < 2 * maxValues) return;
  let commas = 0;
  let opened = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === comma) commas += 1;
    else if (byte === openList || byte === openObject) opened += 1;
    else if (byte === quote) at = endOfText(body, at + 1);
    if (commas >= maxValues || opened > 2 * maxValues)
      throw new HttpError(
        413,
        `the body holds more than ${maxValues} JSON values: send binary tensors, split the request, or set gateway.maxJsonValues`,
      );
  }
}

/** Index of the closing quote. */
function endOfText(body: Buffer, from: number): number {
  for (let at = from; ;) {
    const end = body.indexOf(quote, at);
    if (end < 0) return body.length;
    let slashes = 0;
    while (end - slashes > from && body[end - slashes - 1] === backslash) slashes += 1;
    if (slashes % 2 === 0) return end;
    at = end + 1;
  }
}
