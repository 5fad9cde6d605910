/** A mirrored request in memory. */
interface Held {
  readonly bytes: number;
}

/** Mirrored requests whose version is being loaded: they may fill half of the queue, so that those of other versions find room. */
export class ParkedMirrors<T extends Held> {
  readonly #most: { readonly mirrors: number; readonly bytes: number };
  readonly #byLoad = new Map<Promise<void>, T[]>();
  count = 0;
  bytes = 0;

  /** Of the whole queue. */
  constructor(most: { readonly mirrors: number; readonly bytes: number }) {
    this.#most = most;
  }

  /** Gives it back, with the others of its version, when the load ends in any way. False where there is no room. */
  add(mirror: T, load: Promise<void>, giveBack: (mirrors: readonly T[]) => void): boolean {
    if (2 * (this.count + 1) > this.#most.mirrors || 2 * (this.bytes + mirror.bytes) > this.#most.bytes) return false;
    this.count += 1;
    this.bytes += mirror.bytes;
    const others = this.#byLoad.get(load);
    if (others !== undefined) others.push(mirror);
    else {
      this.#byLoad.set(load, [mirror]);
      const end = (): void => giveBack(this.#take(load));
      load.then(end, end);
    }
    return true;
  }

  /** All of them, for good. */
  takeAll(): T[] {
    return [...this.#byLoad.keys()].flatMap((load) => this.#take(load));
  }

  #take(load: Promise<void>): T[] {
    const mirrors = this.#byLoad.get(load) ?? [];
    this.#byLoad.delete(load);
    this.count -= mirrors.length;
    for (const { bytes } of mirrors) this.bytes -= bytes;
    return mirrors;
  }
}
