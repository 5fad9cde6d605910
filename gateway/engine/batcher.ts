import { priorities, type Priority } from '../../config/gateway-schema.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { joinFeeds, rowsOfOutputs, sameRows } from './batches.ts';
import type { Feeds, Pass } from './served-version.ts';

interface Waiting {
  readonly feeds: Feeds;
  readonly rows: number;
  readonly priority: Priority;
  readonly since: number;
  readonly resolve: (pass: Pass) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs together what arrived in one turn of the event loop, at most `maxBatch` rows a pass, and one pass at a time; what comes
 * meanwhile is the next batch. A lone request is run as it is. No timer: nobody waits for others to come.
 */
export class Batcher {
  readonly #model: Pick<LoadedModel, 'signature' | 'run'>;
  readonly #maxBatch: number;
  #waiting: Waiting[] = [];
  #mixed = false;
  #busy = false;

  constructor(model: Pick<LoadedModel, 'signature' | 'run'>, maxBatch: number) {
    this.#model = model;
    this.#maxBatch = maxBatch;
  }

  run(feeds: Feeds, rows: number, priority: Priority): Promise<Pass> {
    return new Promise((resolve, reject) => {
      if (priority !== 'normal') this.#mixed = true;
      this.#waiting.push({ feeds, rows, priority, since: performance.now(), resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(() => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) await this.#pass(this.#take());
    this.#busy = false;
  }

  /** The next batch: by priority, then by arrival. */
  #take(): Waiting[] {
    if (this.#mixed) {
      this.#waiting.sort((a, b) => priorities.indexOf(a.priority) - priorities.indexOf(b.priority));
      this.#mixed = false;
    }
    const { signature } = this.#model;
    const first = this.#waiting[0]!;
    let { rows } = first;
    let count = 1;
    for (; count < this.#waiting.length; count++) {
      const next = this.#waiting[count]!;
      if (rows + next.rows > this.#maxBatch || !sameRows(signature, first.feeds, next.feeds)) break;
      rows += next.rows;
    }
    if (count === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    this.#mixed = true;
    return this.#waiting.splice(0, count);
  }

  async #pass(batch: readonly Waiting[]): Promise<void> {
    let started = performance.now();
    // ONNX Runtime works in an immediate of its own: the one before it tells when that begins.
    setImmediate(() => {
      started = performance.now();
    });
    const [first] = batch;
    if (first !== undefined && batch.length === 1) {
      try {
        const outputs = await this.#model.run(first.feeds);
        first.resolve({
          outputs,
          modelMs: performance.now() - started,
          queueMs: started - first.since,
          batchRows: first.rows,
        });
      } catch (error) {
        first.reject(error);
      }
      return;
    }
    const rows = batch.reduce((sum, waiting) => sum + waiting.rows, 0);
    const feeds = joinFeeds(
      this.#model.signature,
      batch.map((waiting) => waiting.feeds),
      rows,
    );
    const outputs = await this.#model.run(feeds).catch(() => null);
    const modelMs = performance.now() - started;
    let from = 0;
    for (const waiting of batch) {
      const part = outputs === null ? null : rowsOfOutputs(outputs, rows, from, from + waiting.rows);
      from += waiting.rows;
      // One bad request must not fail its neighbours: each is asked alone.
      if (part === null) await this.#pass([waiting]);
      else waiting.resolve({ outputs: part, modelMs, queueMs: started - waiting.since, batchRows: rows });
    }
  }
}
