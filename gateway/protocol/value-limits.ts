import type { Config } from '../../config/schema.ts';
import { HttpError } from '../call/http-error.ts';

/** Numbers that a request may hold in the form that is read one by one; raw bytes are not. */
const mostNumbers = 400_000;

/** Texts that a request may hold in any form, and their bytes where they are not JSON. */
export interface TextLimits {
  readonly texts: number;
  readonly bytes: number;
}

export const textLimits = ({
  maxJsonValues,
  maxJsonBytes,
}: Pick<Config['gateway'], 'maxJsonValues' | 'maxJsonBytes'>): TextLimits => ({
  texts: maxJsonValues,
  bytes: 4 * maxJsonBytes,
});

const noLimits: TextLimits = { texts: Infinity, bytes: Infinity };

/** What one request may still hold of values that cost time each, over all of its tensors. */
export class ValueRoom {
  readonly #most: TextLimits;
  #texts: number;
  #bytes: number;
  #numbers = mostNumbers;

  /** @param most @default no limits */
  constructor(most: TextLimits = noLimits) {
    this.#most = most;
    this.#texts = most.texts;
    this.#bytes = most.bytes;
  }

  /** Throws `HttpError` 413. */
  takeTexts(name: string, count: number, bytes: number): void {
    const { texts: mostTexts, bytes: mostBytes } = this.#most;
    if (count > this.#texts)
      throw new HttpError(
        413,
        `input "${name}" has ${count} texts, and a request may hold ${mostTexts} in all: split it, or set gateway.maxJsonValues`,
      );
    if (bytes > this.#bytes)
      throw new HttpError(
        413,
        `input "${name}" has ${bytes} bytes of texts, and a request may hold ${mostBytes} in all: split it, or set gateway.maxJsonBytes (a quarter of this)`,
      );
    this.#texts -= count;
    this.#bytes -= bytes;
  }

  /** Throws `HttpError` 413. */
  takeNumbers(name: string, count: number): void {
    if (count > this.#numbers)
      throw new HttpError(
        413,
        `input "${name}" has ${count} values, and a request may hold ${mostNumbers} in all: send them in raw_input_contents`,
      );
    this.#numbers -= count;
  }
}
