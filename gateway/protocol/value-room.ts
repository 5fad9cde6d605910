import { HttpError } from '../http-error.ts';

/** Numbers that a request may hold in the form that is read one by one; raw bytes are not. */
const mostNumbers = 400_000;

/** What one request may still hold of values that cost time each, over all of its tensors. */
export class ValueRoom {
  readonly #mostTexts: number;
  #texts: number;
  #numbers = mostNumbers;

  /** @param mostTexts @default no limit */
  constructor(mostTexts = Infinity) {
    this.#mostTexts = mostTexts;
    this.#texts = mostTexts;
  }

  /** Throws `HttpError` 413. */
  takeTexts(name: string, count: number): void {
    if (count > this.#texts)
      throw new HttpError(
        413,
        `input "${name}" has ${count} texts, and a request may hold ${this.#mostTexts} in all: split it, or set gateway.maxJsonValues`,
      );
    this.#texts -= count;
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
