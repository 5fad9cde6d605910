export interface RecentRequest {
  readonly model: string;
  readonly rows: number;
}

/** Remembers requests by their ids: at least the last `size` of them, at most twice as many. */
export class RecentRequests {
  readonly #size: number;
  /** One object for all requests that are alike. */
  readonly #alike = new Map<string, Map<number, RecentRequest>>();
  #young = new Map<string, RecentRequest>();
  #old = new Map<string, RecentRequest>();

  constructor(size = 100_000) {
    this.#size = size;
  }

  remember(id: string, model: string, rows: number): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    let ofModel = this.#alike.get(model);
    if (ofModel === undefined) this.#alike.set(model, (ofModel = new Map()));
    let request = ofModel.get(rows);
    if (request === undefined) ofModel.set(rows, (request = { model, rows }));
    this.#young.set(id, request);
  }

  /** By the id of the request, or `<id>/<row>` of one of several rows. */
  modelOf(id: string): string | undefined {
    return (this.#requestOf(id) ?? this.#requestOf(rowOf(id).request))?.model;
  }

  /** Why feedback with this id is for no row of its request; null where it is for one, and where the request is not remembered. */
  problemOf(id: string): string | null {
    const own = this.#requestOf(id);
    if (own !== undefined)
      return own.rows === 1
        ? null
        : `request "${id}" has ${own.rows} rows: name one of them, "${id}/0" to "${id}/${own.rows - 1}"`;
    const { request, row } = rowOf(id);
    const rows = this.#requestOf(request)?.rows;
    if (rows === undefined) return null;
    if (rows === 1) return `request "${request}" has one row: name it "${request}"`;
    return row !== null && row < rows
      ? null
      : `request "${request}" has ${rows} rows, "${request}/0" to "${request}/${rows - 1}", and "${id}" is none of them`;
  }

  #requestOf(id: string): RecentRequest | undefined {
    return this.#young.get(id) ?? this.#old.get(id);
  }
}

/** The parts of `<request>/<row>`; the row is null where the log would not write it so. */
function rowOf(id: string): { request: string; row: number | null } {
  const slash = id.lastIndexOf('/');
  if (slash <= 0) return { request: id, row: null };
  const row = id.slice(slash + 1);
  return { request: id.slice(0, slash), row: /^(0|[1-9]\d*)$/.test(row) ? Number(row) : null };
}
