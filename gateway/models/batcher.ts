import { priorities, type Priority } from '../../config/gateway-schema.ts';
import type { Feeds } from '../../contracts/data/tensor.ts';
import { checkAnswer, sizeOfAnswer, type AnswerLimits } from '../../contracts/serving/answer-limits.ts';
import { checkNumbers } from '../../ml/tasks/check-numbers.ts';
import { joinFeeds, rowsOfOutputs, sameRows } from '../../ml/tensors/batches.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { tooLate } from '../admission/deadline.ts';
import type { Pass } from './served-version.ts';

interface Waiting {
  readonly feeds: Feeds;
  readonly rows: number;
  readonly priority: Priority;
  readonly since: number;
  /** `performance.now()` after which nobody waits for the answer. */
  readonly deadline: number | null;
  readonly resolve: (pass: Pass) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows that are never parted, and how long a pass of more should take. */
const fewRows = 64;
const sliceMs = 2;

/**
 * Runs together what arrived in one turn of the event loop, at most `maxBatch` rows a pass, and one pass at a time; what comes
 * meanwhile is the next batch. A lone request is run as it is, and at once where the one before was alone too; one of many rows in
 * several passes. No timer: nobody waits for others to come.
 */
export class Batcher {
  readonly #model: Pick<LoadedModel, 'signature' | 'run'>;
  readonly #maxBatch: number;
  readonly #answer: AnswerLimits;
  #waiting: Waiting[] = [];
  #mixed = false;
  /** Whether somebody waits who has a deadline. */
  #hurried = false;
  #busy = false;
  /** Whether the last pass had one request. */
  #wasAlone = false;
  #onIdle: (() => void)[] = [];
  /** Rows whose pass takes about `sliceMs`, by the last pass. */
  #sliceRows = 4 * fewRows;

  constructor(model: Pick<LoadedModel, 'signature' | 'run'>, maxBatch: number, answer: AnswerLimits) {
    this.#model = model;
    this.#maxBatch = maxBatch;
    this.#answer = answer;
  }

  run(feeds: Feeds, rows: number, priority: Priority, deadline: number | null = null): Promise<Pass> {
    return new Promise((resolve, reject) => {
      if (priority !== 'normal') this.#mixed = true;
      if (deadline !== null) this.#hurried = true;
      this.#waiting.push({ feeds, rows, priority, since: performance.now(), deadline, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      // Without batches, or others, there is nothing to wait for.
      if (this.#maxBatch === 1 || this.#wasAlone) void this.#flush();
      else setImmediate(() => void this.#flush());
    });
  }

  /** Ends when nothing waits or runs. */
  async idle(): Promise<void> {
    if (!this.#busy) return;
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  async #flush(): Promise<void> {
    for (;;) {
      if (this.#hurried) this.#refuseLate();
      if (this.#waiting.length === 0) break;
      const batch = this.#take();
      this.#wasAlone = batch.length === 1;
      try {
        await (batch.length === 1 ? this.#alone(batch[0]!) : this.#together(batch));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#busy = false;
    for (const tell of this.#onIdle.splice(0)) tell();
  }

  /** Nobody waits for those any more: the model is spared. */
  #refuseLate(): void {
    const now = performance.now();
    this.#waiting = this.#waiting.filter(({ deadline, reject }) => {
      if (deadline === null || now < deadline) return true;
      reject(tooLate(deadline, now));
      return false;
    });
    this.#hurried = this.#waiting.some(({ deadline }) => deadline !== null);
  }

  /** The next batch: by priority, then by arrival. */
  #take(): Waiting[] {
    if (this.#mixed) this.#waiting.sort((a, b) => priorities.indexOf(a.priority) - priorities.indexOf(b.priority));
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
      this.#mixed = false;
      return all;
    }
    return this.#waiting.splice(0, count);
  }

  async #alone(waiting: Waiting): Promise<void> {
    const { feeds, rows, since } = waiting;
    if (this.#maxBatch > 1 && rows > fewRows) return this.#inSlices(waiting);
    const clock = startClock();
    const outputs = await this.#model.run(feeds);
    const [modelMs, queueMs] = [performance.now() - clock.started, clock.started - since];
    settle(waiting, { outputs, modelMs, queueMs, batchRows: rows });
  }

  /** Passes of some milliseconds: one of ten thousand rows would hold up the event loop, and with it everybody else. */
  async #inSlices({ feeds, rows, since, resolve }: Waiting): Promise<void> {
    const parts: Feeds[] = [];
    let began: number | null = null;
    let modelMs = 0;
    let [bytes, texts] = [0, 0];
    for (let from = 0; from < rows;) {
      const to = Math.min(rows, from + this.#sliceRows);
      const clock = startClock();
      const outputs = await this.#model.run(rowsOfOutputs(feeds, rows, from, to) ?? feeds);
      const ms = performance.now() - clock.started;
      began ??= clock.started;
      modelMs += ms;
      const size = sizeOfAnswer(outputs, this.#answer.texts);
      bytes += size.bytes;
      texts += size.texts;
      checkAnswer({ bytes, texts }, this.#answer);
      checkNumbers(outputs, to - from, from);
      parts.push(outputs);
      // A pass is at most four times as long as the one before, so that one that was quick by chance does no harm.
      const fitting = Math.floor(((to - from) * sliceMs) / Math.max(ms, 0.01));
      this.#sliceRows = Math.max(fewRows, Math.min(fitting, 4 * (to - from)));
      from = to;
    }
    const { outputs } = this.#model.signature;
    const joined = joinFeeds({ inputs: outputs, outputs: [] }, parts, rows);
    resolve({ outputs: joined, modelMs, queueMs: (began ?? since) - since, batchRows: rows });
  }

  async #together(batch: readonly Waiting[]): Promise<void> {
    let rows = 0;
    for (const waiting of batch) rows += waiting.rows;
    const feeds = joinFeeds(
      this.#model.signature,
      batch.map((waiting) => waiting.feeds),
      rows,
    );
    const clock = startClock();
    const outputs = await this.#model.run(feeds).catch(() => null);
    const modelMs = performance.now() - clock.started;
    let from = 0;
    for (const waiting of batch) {
      const part = outputs === null ? null : rowsOfOutputs(outputs, rows, from, from + waiting.rows);
      from += waiting.rows;
      // One bad request must not fail its neighbours: each is asked alone.
      if (part === null) await this.#alone(waiting).catch(waiting.reject);
      else settle(waiting, { outputs: part, modelMs, queueMs: clock.started - waiting.since, batchRows: rows });
    }
  }
}

/** Answers a request, or fails it alone where a number of its own answer is not valid. */
function settle({ rows, resolve, reject }: Waiting, pass: Pass): void {
  try {
    checkNumbers(pass.outputs, rows);
    resolve(pass);
  } catch (error) {
    reject(error);
  }
}

/** When the model itself begins: ONNX Runtime works in an immediate of its own, which this one comes just before. */
function startClock(): { started: number } {
  const clock = { started: performance.now() };
  setImmediate(() => {
    clock.started = performance.now();
  });
  return clock;
}
