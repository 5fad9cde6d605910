/** Starts work at once, or in later turns where much begins in this one: one packet may open a thousand calls. */
export class FewATurn {
  readonly #waiting: (() => void)[] = [];
  readonly #most: number;
  #left: number;
  #isScheduled = false;

  /** @param most What begins in one turn of the event loop. */
  constructor(most: number) {
    this.#most = most;
    this.#left = most;
  }

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
    const now = this.#waiting.splice(0, this.#most);
    this.#left = this.#most - now.length;
    this.#isScheduled = now.length > 0;
    if (this.#isScheduled) setImmediate(() => this.#turn());
    for (const work of now) work();
  }
}
