/** A pause that somebody else may end. */
export class WakeableSleep {
  #end: (() => void) | null = null;

  /** Ends after `ms`, or when it is woken. */
  take(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#end = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#end = end;
    });
  }

  /** Does nothing where nobody naps. */
  wake(): void {
    this.#end?.();
  }
}
