import { isUtf8 } from 'node:buffer';
import { shownText } from '../../contracts/shown-text.ts';
import { badRequest, HttpError } from '../call/http-error.ts';
import { nextTurn } from '../turn.ts';
import { refuseRepeatedNames } from './repeated-names.ts';

const backslash = 0x5c;
const closeList = 0x5d;
const closeObject = 0x7d;
const colon = 0x3a;
const comma = 0x2c;
const openList = 0x5b;
const openObject = 0x7b;
const quote = 0x22;
const space = 0x20;

export interface JsonLimits {
  /** Bytes of JSON text. */
  readonly maxJsonBytes: number;
  /** Values that it may hold. */
  readonly maxJsonValues: number;
}

/** Lists and objects within each other. */
const deepest = 64;
/** Names in one object: what makes large ones takes a millisecond per 2,000. */
const mostNames = 5_000;

/** Throws `HttpError` 413 for more text or values than are taken. */
export function checkJsonSize(body: Buffer, limits: JsonLimits): void {
  const scan = new JsonScan(body, limits);
  // Each value takes two bytes at least, with what parts it from the next.
  if (body.length >= 2 * limits.maxJsonValues) scan.skipTo(Infinity);
}

/** The value that a body holds. Throws `HttpError` 400 or 413. */
export function parseJsonBody(body: Buffer, limits: JsonLimits): unknown {
  const scan = new JsonScan(body, limits);
  scan.skipTo(Infinity);
  const value = parseJsonText(body);
  refuseRepeatedNames(value, scan.names, body);
  return value;
}

/** Bytes of a long list that are parsed in one turn of the event loop. */
const sliceBytes = 16 * 1024;
/** Bytes of a text that is counted and parsed in turns of their own. */
const longText = 128 * 1024;

/**
 * Hands out the items of a body's list, a long one in parts with turns of the event loop between them; of a body that holds something
 * else, that alone. Returns whether it is a list. Throws `HttpError` 400 or 413.
 */
export async function readJsonItems(
  body: Buffer,
  limits: JsonLimits,
  take: (items: readonly unknown[], list: boolean) => void,
): Promise<boolean> {
  const scan = new JsonScan(body, limits);
  let from = 0;
  let before = 0;
  for (;;) {
    const to = scan.skipTo(from + sliceBytes);
    const last = to === body.length;
    if (from === 0 && last) {
      // Counting took a few milliseconds, and reading takes as long.
      if (body.length > longText) await nextTurn();
      const value = parseJsonText(body);
      refuseRepeatedNames(value, scan.names, body);
      const list = Array.isArray(value);
      take(list ? value : [value], list);
      return list;
    }
    const part = body.toString('latin1', from, to);
    const items = parseJsonText(Buffer.from(`${from === 0 ? '' : '['}${part}${last ? '' : ']'}`, 'latin1'));
    if (!Array.isArray(items) || items.length === 0)
      throw badRequest(`the body is not valid JSON: a value is missing in its list before byte ${to}`);
    refuseRepeatedNames(items, scan.names - before, body.subarray(from, to));
    before = scan.names;
    take(items, true);
    if (last) return true;
    from = to + 1;
    await nextTurn();
  }
}

/** Throws `HttpError` 400. */
function parseJsonText(body: Buffer): unknown {
  if (!isUtf8(body)) throw badRequest('the body is not valid UTF-8, as JSON must be');
  const text = body.toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    const hint =
      text.includes('NaN') || text.includes('Infinity')
        ? ' (JSON has no NaN and no infinity: send null for what is missing, or binary tensors)'
        : '';
    throw badRequest(`the body is not valid JSON: ${shownText((error as Error).message, 200)}${hint}`);
  }
}

/**
 * Counts values and depth before they are parsed, which would take ten times as long and their memory. Throws `HttpError` 413 for
 * more text or values than are taken, 400 for lists and objects more than 64 deep and objects of more than 5,000 names.
 */
class JsonScan {
  readonly #body: Buffer;
  readonly #maxValues: number;
  readonly #isList: boolean;
  #at = 0;
  #depth = 0;
  #commas = 0;
  #opened = 0;
  #allNames = 0;
  /** Of the object at each depth. */
  readonly #names: number[] = [];

  constructor(body: Buffer, { maxJsonBytes, maxJsonValues }: JsonLimits) {
    if (body.length > maxJsonBytes)
      throw new HttpError(
        413,
        `the body has ${body.length} bytes of JSON, and ${maxJsonBytes} are taken: send binary tensors, split the request, or set gateway.maxJsonBytes`,
      );
    this.#body = body;
    let first = 0;
    while (first < body.length && body[first]! <= space) first += 1;
    this.#isList = body[first] === openList;
    this.#maxValues = maxJsonValues;
  }

  /** In all objects so far. */
  get names(): number {
    return this.#allNames;
  }

  /** Index of the first comma from `from` on that parts items of the outermost list; the length of the body where there is none. */
  skipTo(from: number): number {
    const body = this.#body;
    let depth = this.#depth;
    let at = this.#at;
    for (; at < body.length; at++) {
      const byte = body[at]!;
      if (byte === quote) at = endOfText(body, at + 1);
      else if (byte === comma) {
        this.#commas += 1;
        if (this.#commas >= this.#maxValues) throw this.#tooMany();
        if (depth === 1 && at >= from && this.#isList) break;
      } else if (byte === openList || byte === openObject) {
        depth += 1;
        this.#opened += 1;
        if (this.#opened > 2 * this.#maxValues) throw this.#tooMany();
        if (depth > deepest) throw badRequest(`the body has lists or objects more than ${deepest} deep: flatten it`);
        this.#names[depth] = 0;
      } else if (byte === colon) {
        const names = (this.#names[depth] ?? 0) + 1;
        if (names > mostNames)
          throw badRequest(`the body has an object of more than ${mostNames} names: no model has as many columns`);
        this.#names[depth] = names;
        this.#allNames += 1;
      } else if (byte === closeList || byte === closeObject) depth -= 1;
    }
    this.#depth = depth;
    this.#at = at + 1;
    return Math.min(at, body.length);
  }

  #tooMany(): HttpError {
    return new HttpError(
      413,
      `the body holds more than ${this.#maxValues} JSON values: send binary tensors, split the request, or set gateway.maxJsonValues`,
    );
  }
}

/** Index of the closing quote. */
function endOfText(body: Buffer, from: number): number {
  const end = body.indexOf(quote, from);
  if (end < 0) return body.length;
  if (body[end - 1] !== backslash) return end;
  // Where there are escapes, there may be one in every two bytes.
  let at = from;
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
  return Math.min(at, body.length);
}
