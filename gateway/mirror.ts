import type { MirrorEntry } from '../contracts/prediction-log.ts';
import type { Follower } from './engine/follow.ts';
import type { InferRequest } from './infer-request.ts';
import type { GatewayMetrics } from './metrics/gateway-metrics.ts';
import type { PredictionSpool } from './log/prediction-spool.ts';
import { messageOf } from './report.ts';
import type { VersionDesks } from './version-desk.ts';

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
  readonly desks: VersionDesks;
  readonly metrics: GatewayMetrics;
  readonly spool: Pick<PredictionSpool, 'append'>;
  readonly instance: string;
  /** Copies that may wait. */
  readonly queue: number;
}

/** Copies that are given to the model in one turn of the event loop: as many as a batch takes without holding up requests. */
const copiesPerTurn = 16;

/** Answers copies of requests between those of clients, off the path of the requests themselves. */
export class Mirror {
  readonly #ports: MirrorPorts;
  #queue: MirrorJob[] = [];
  #head = 0;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(ports: MirrorPorts) {
    this.#ports = ports;
  }

  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** Drops the copy where the queue is full: the log still says which requests had none, and it can be made up for. */
  add(job: MirrorJob): void {
    if (this.waiting >= this.#ports.queue || this.#stopped) {
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
      for (let job = this.#next(); job !== undefined; job = this.#next()) this.#drop(job, 'draining');
    }, ms);
    await this.#running;
    clearTimeout(timer);
    this.#stopped = true;
  }

  #next(): MirrorJob | undefined {
    const job = this.#queue[this.#head];
    this.#head += 1;
    if (job === undefined || this.#head > 1_000) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return job;
  }

  #drop(job: MirrorJob, reason: string): void {
    this.#ports.metrics.mirrorDropped(job.model, job.version, reason);
  }

  async #run(): Promise<void> {
    while (this.waiting > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const turn: Promise<void>[] = [];
      for (let job = this.#next(); job !== undefined; job = this.#next()) {
        turn.push(this.#answer(job));
        if (turn.length >= copiesPerTurn) break;
      }
      await Promise.all(turn);
    }
    this.#running = null;
  }

  async #answer(job: MirrorJob): Promise<void> {
    const { follower, desks, metrics, spool, instance } = this.#ports;
    const served = follower.serving(job.model)?.versions.get(job.version);
    if (served === undefined) {
      this.#drop(job, 'not loaded');
      return;
    }
    const at = Date.now();
    let ms = 0;
    let rows = 1;
    let outputs: MirrorEntry['outputs'] = {};
    let error: string | null = null;
    try {
      const fed = desks.of(job.model, served).feedsOf(job.request);
      rows = fed.rows;
      const pass = await served.run(fed.feeds, rows, 'low');
      outputs = pass.outputs;
      ms = pass.modelMs;
    } catch (failure) {
      error = messageOf(failure);
    }
    const { id, model, version, seq, release } = job;
    metrics.mirrored(model, version, error === null ? 'ok' : 'error');
    try {
      const entry = {
        kind: 'mirror',
        id,
        at,
        model,
        version,
        seq,
        release,
        instance,
        ms,
        error,
        rows,
        outputs,
      } as const;
      spool.append(entry, false);
    } catch {
      metrics.logRefused(model);
    }
  }
}
