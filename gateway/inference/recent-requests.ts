/** Remembers which model answered a request id: at least the last `size` of them, at most twice as many. */
export class RecentRequests {
  readonly #size: number;
  #young = new Map<string, string>();
  #old = new Map<string, string>();

  constructor(size = 100_000) {
    this.#size = size;
  }

  remember(id: string, model: string): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, model);
  }

  /** Takes `<id>/<row>` of a request of several rows, too. */
  modelOf(id: string): string | undefined {
    const slash = id.lastIndexOf('/');
    const request = slash > 0 ? id.slice(0, slash) : id;
    return this.#young.get(id) ?? this.#old.get(id) ?? this.#young.get(request) ?? this.#old.get(request);
  }
}
