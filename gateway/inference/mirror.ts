import { setTimeout } from 'node:timers/promises';
import { misfitError, type MissingInputs } from '../../contracts/serving/misfit-note.ts';
import { droppedMirror, type MirrorEntry } from '../../contracts/serving/prediction-log.ts';
import type { Follower } from '../models/follower.ts';
import { HttpError } from '../call/http-error.ts';
import type { InferRequest } from '../call/infer-request.ts';
import type { GatewayMetrics } from '../metrics/gateway-metrics.ts';
import type { PredictionSpool } from '../log/prediction-spool.ts';
import { messageOf } from '../warnings.ts';
import { missingInputs } from './missing-inputs.ts';
import { ParkedMirrors } from './parked-mirrors.ts';
import type { VersionRuntimes } from './version-runtime.ts';

/** A request whose mirror another version shall answer. */
export interface MirrorJob {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  readonly seq: number;
  readonly release: string | null;
  readonly request: InferRequest;
  readonly rows: number;
}

export interface MirrorPorts {
  readonly follower: Follower;
  readonly runtimes: VersionRuntimes;
  readonly metrics: GatewayMetrics;
  readonly spool: Pick<PredictionSpool, 'append'>;
  readonly instance: string;
  /** Mirrors that may wait. */
  readonly queue: number;
}

/** Bytes of requests that may wait: a few pictures are as many as thousands of ordinary requests. */
const mostBytes = 64 * 1024 ** 2;

/** What a request takes in memory, about. */
function bytesOf({ tensors }: InferRequest): number {
  let bytes = 0;
  for (const { data } of tensors.values()) {
    if (ArrayBuffer.isView(data)) bytes += data.byteLength;
    else for (const value of data) bytes += typeof value === 'string' ? value.length : 8;
  }
  return bytes;
}

const noneMissing: MissingInputs = { kind: 'tensors', names: [] };

/** How often the end of the gateway looks whether mirrors still wait. */
const drainStepMs = 10;

/** Mirrors that are given to the model in one turn of the event loop: as many as a batch takes without holding up requests. */
const mirrorsPerTurn = 16;

interface Queued {
  readonly job: MirrorJob;
  readonly bytes: number;
}

/** Answers mirrored requests between those of clients, off the path of the requests themselves. */
export class Mirror {
  readonly #ports: MirrorPorts;
  readonly #parked: ParkedMirrors<Queued>;
  #queue: Queued[] = [];
  #bytes = 0;
  #head = 0;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(ports: MirrorPorts) {
    this.#ports = ports;
    this.#parked = new ParkedMirrors({ mirrors: ports.queue, bytes: mostBytes });
  }

  get waiting(): number {
    return this.#queue.length - this.#head + this.#parked.count;
  }

  /** Drops the mirror where the queue is full. */
  add(job: MirrorJob): void {
    const bytes = bytesOf(job.request);
    if (this.waiting >= this.#ports.queue || this.#bytes + this.#parked.bytes + bytes > mostBytes || this.#stopped) {
      this.#drop(job, this.#stopped ? 'draining' : 'queue full');
      return;
    }
    this.#push([{ job, bytes }]);
  }

  #push(all: readonly Queued[]): void {
    for (const queued of all) {
      this.#queue.push(queued);
      this.#bytes += queued.bytes;
    }
    if (all.length > 0) this.#running ??= this.#run();
  }

  /** Notes a request that the job's version cannot take: the other one answered it, and there is nothing to compare. */
  misfit(job: MirrorJob, reason: string): void {
    const served = this.#ports.follower.serving(job.model)?.versions.get(job.version);
    const missing = served === undefined ? noneMissing : missingInputs(served, job.request);
    const error = misfitError(reason, missing);
    this.#note(job, Date.now(), { ms: 0, error, rows: job.rows, outputs: {} });
  }

  /** Ends when the queue is empty, or drops what is left after `ms`. */
  async close(ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (this.waiting > 0 && performance.now() < end) await setTimeout(drainStepMs);
    this.#stopped = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#drop(next.job, 'draining');
    for (const { job } of this.#parked.takeAll()) this.#drop(job, 'draining');
    await this.#running;
  }

  #next(): Queued | undefined {
    const next = this.#queue[this.#head];
    this.#head += 1;
    this.#bytes -= next?.bytes ?? 0;
    if (next === undefined || this.#head > 1_000) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return next;
  }

  /** The log says which mirrors nobody answered: a release counts them, and they can be made up for. */
  #drop(job: MirrorJob, reason: string): void {
    this.#ports.metrics.mirrorDropped(job.model, job.version, reason);
    const answer = { ms: 0, error: `${droppedMirror}${reason}`, rows: job.rows, outputs: {} };
    this.#note(job, Date.now(), answer);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > this.#head) {
      await new Promise((resolve) => setImmediate(resolve));
      const turn: Promise<void>[] = [];
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        turn.push(this.#answer(next));
        if (turn.length >= mirrorsPerTurn) break;
      }
      await Promise.all(turn);
    }
    this.#running = null;
  }

  /** Keeps it until its version is loaded; drops it where nobody loads that, or too many wait. */
  #park(queued: Queued): void {
    const { model, version } = queued.job;
    const load = this.#stopped ? null : this.#ports.follower.loading(model, version);
    if (load === null || !this.#parked.add(queued, load, (all) => this.#push(all)))
      this.#drop(queued.job, 'not loaded');
  }

  async #answer(queued: Queued): Promise<void> {
    const { job } = queued;
    const { follower, runtimes, metrics } = this.#ports;
    const serving = follower.serving(job.model);
    const served = serving?.versions.get(job.version);
    if (serving === undefined || serving === null || served === undefined) {
      this.#park(queued);
      return;
    }
    const at = Date.now();
    let ms = 0;
    let { rows } = job;
    let outputs: MirrorEntry['outputs'] = {};
    let error: string | null = null;
    try {
      const fed = await runtimes.of(job.model, served).feedsOf(job.request);
      rows = fed.rows;
      const pass = await served.run(fed.feeds, rows, 'low');
      outputs = pass.outputs;
      ms = pass.modelMs;
    } catch (failure) {
      // The columns that callers send are those of one version: the other one is not at fault.
      if (failure instanceof HttpError && failure.status === 400) {
        metrics.mirrorDropped(job.model, job.version, 'inputs do not fit');
        this.misfit(job, failure.message);
        return;
      }
      error = messageOf(failure);
    }
    metrics.mirrored(job.model, job.version, error === null ? 'ok' : 'error');
    this.#note(job, at, { ms, error, rows, outputs });
  }

  #note(
    { id, model, version, seq, release }: MirrorJob,
    at: number,
    { ms, error, rows, outputs }: Pick<MirrorEntry, 'ms' | 'error' | 'rows' | 'outputs'>,
  ): void {
    const { metrics, spool, instance } = this.#ports;
    try {
      spool.append({ kind: 'mirror', id, at, model, version, seq, release, instance, ms, error, rows, outputs }, false);
    } catch {
      metrics.logRefused(model);
    }
  }
}
