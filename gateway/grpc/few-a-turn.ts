/** What begins in one turn of the event loop: `grpc-js` takes a quarter of a millisecond for the start of a call. */
const mostATurn = 8;

/** Starts work at once, or in later turns where much begins in this one: one packet may open a thousand calls. */
export class FewATurn {
  readonly #waiting: (() => void)[] = [];
  #left = mostATurn;
  #isScheduled = false;

  start(work: () => void): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.#turn());
    }
    if (this.#left === 0) {
      this.#waiting.push(work);
      return;
    }
    this.#left -= 1;
    work();
  }

  #turn(): void {
    const now = this.#waiting.splice(0, mostATurn);
    this.#left = mostATurn - now.length;
    this.#isScheduled = now.length > 0;
    if (this.#isScheduled) setImmediate(() => this.#turn());
    for (const work of now) work();
  }
}
