import type { MirrorRecord } from '../contracts/prediction-log.ts';
import type { GatewayMetrics } from './metrics.ts';
import { feedsOf } from './protocol/feeds.ts';
import type { InferRequest } from './protocol/infer-request.ts';
import { rowAnswers, type RowAnswer } from './protocol/infer-response.ts';
import { messageOf } from './report.ts';
import { recordIds } from './records.ts';
import type { Follower } from './follow.ts';

/** A request whose copy another version shall answer. */
export interface MirrorJob {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  readonly seq: number;
  readonly release: string | null;
  readonly request: InferRequest;
}

export interface MirrorPorts {
  readonly follower: Follower;
  readonly metrics: GatewayMetrics;
  readonly instance: string;
  readonly queue: number;
  readonly log: (model: string, records: readonly MirrorRecord[]) => Promise<void>;
}

/** Answers copies of requests, one per turn of the event loop, off the path of the requests themselves. */
export class Mirror {
  readonly #ports: MirrorPorts;
  readonly #queue: MirrorJob[] = [];
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(ports: MirrorPorts) {
    this.#ports = ports;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Drops the copy where the queue is full. */
  add(job: MirrorJob): void {
    if (this.#queue.length >= this.#ports.queue || this.#stopped) {
      this.#drop(job, this.#stopped ? 'draining' : 'queue full');
      return;
    }
    this.#queue.push(job);
    this.#running ??= this.#run();
  }

  /** Ends when the queue is empty, or drops what is left after `ms`. */
  async close(ms: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#stopped = true;
      for (const job of this.#queue.splice(0)) this.#drop(job, 'draining');
    }, ms);
    await this.#running;
    clearTimeout(timer);
    this.#stopped = true;
  }

  #drop(job: MirrorJob, reason: string): void {
    this.#ports.metrics.mirrorDropped.add({ model: job.model, version: job.version, reason });
  }

  async #run(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const job = this.#queue.shift();
      if (job === undefined) break;
      await this.#answer(job);
    }
    this.#running = null;
  }

  async #answer(job: MirrorJob): Promise<void> {
    const { follower, metrics, instance } = this.#ports;
    const served = follower.serving(job.model)?.versions.get(job.version);
    if (served === undefined) {
      this.#drop(job, 'not loaded');
      return;
    }
    const at = Date.now();
    const started = performance.now();
    let answers: RowAnswer[] | null = null;
    let error: string | null = null;
    try {
      answers = rowAnswers(await served.run(feedsOf(job.request, served.loaded.signature)), job.request.rows);
    } catch (failure) {
      error = messageOf(failure);
    }
    const ms = performance.now() - started;
    const records = recordIds(job.id, job.request.rows).map((id, row): MirrorRecord => ({
      kind: 'mirror',
      id,
      at,
      model: job.model,
      version: job.version,
      seq: job.seq,
      release: job.release,
      instance,
      label: answers?.[row]?.label ?? null,
      probability: answers?.[row]?.probability ?? null,
      ms,
      error,
    }));
    metrics.mirrored.add({ model: job.model, version: job.version, outcome: error === null ? 'ok' : 'error' });
    await this.#ports.log(job.model, records).catch(() => {
      metrics.logErrors.add({ model: job.model });
    });
  }
}
