export interface Coalescer<T> {
  /** What `work` gives, or what work under the same key that is still going on will give; a failure is shared too, and not kept. */
  share(key: string, work: () => Promise<T>): Promise<T>;
  /** Keys whose work is going on. */
  readonly size: number;
}

export function createCoalescer<T>(): Coalescer<T> {
  const going = new Map<string, Promise<T>>();
  return {
    share(key, work) {
      const known = going.get(key);
      if (known !== undefined) return known;
      const started = work();
      going.set(key, started);
      const forget = (): void => void going.delete(key);
      started.then(forget, forget);
      return started;
    },
    get size() {
      return going.size;
    },
  };
}
