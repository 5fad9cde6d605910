import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { startThread } from '../../ports/start-thread.ts';

export interface WatchdogData {
  /** Grows while the event loop turns. */
  readonly beats: Int32Array;
  /** By slot: when the pass began that is under way; 0 for none. */
  readonly starts: Float64Array;
  readonly limitMs: number;
}

/** Whose slot it is: where to note that it was in the way. */
export interface WatchdogMessage {
  readonly slot: number;
  readonly note: string;
}

const slots = 4_096;
const beatMs = 20;

/**
 * Watches from a thread what runs in the event loop: a pass that never ends would stop everything, and cannot be ended from here. The
 * process is killed then, whoever keeps it starts it again, and the version is quarantined: it runs in a process of its own from then
 * on, until its note in `<home>/gateway/quarantine/` is removed.
 */
export class Watchdog {
  readonly #folder: string;
  readonly #data: WatchdogData;
  #thread: Worker | null = null;
  #beat: NodeJS.Timeout | undefined;
  readonly #free: number[] = [];
  readonly #quarantined = new Set<string>();
  #used = 0;

  constructor(home: string, limitMs: number) {
    this.#folder = join(home, 'gateway', 'quarantine');
    this.#data = {
      beats: new Int32Array(new SharedArrayBuffer(4)),
      starts: new Float64Array(new SharedArrayBuffer(8 * slots)),
      limitMs,
    };
  }

  /** When the version was found in the way; null where it was not. */
  quarantinedAt(model: string, version: number): string | null {
    try {
      const at = readlinkSync(this.#note(model, version));
      this.#quarantined.add(`${model}@${version} is quarantined: it held up the event loop at ${at}`);
      return at;
    } catch {
      return null;
    }
  }

  /** Versions that were found in quarantine when they were loaded, for people. */
  reasons(): readonly string[] {
    return [...this.#quarantined];
  }

  /** The same model, whose loading and passes are watched. */
  async watch(model: string, version: number, load: () => Promise<LoadedModel>): Promise<LoadedModel> {
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= slots) return load();
    this.#start().postMessage({ slot, note: this.#note(model, version) } satisfies WatchdogMessage, []);
    const { starts } = this.#data;
    const free = (): void => {
      starts[slot] = 0;
      this.#free.push(slot);
    };
    let loaded: LoadedModel;
    try {
      starts[slot] = performance.now();
      loaded = await load();
    } catch (error) {
      free();
      throw error;
    }
    starts[slot] = 0;
    return {
      signature: loaded.signature,
      feeds: (frame) => loaded.feeds(frame),
      predict: (frame, positive) => loaded.predict(frame, positive),
      async run(feeds) {
        starts[slot] = performance.now();
        try {
          return await loaded.run(feeds);
        } finally {
          starts[slot] = 0;
        }
      },
      async release() {
        await loaded.release();
        free();
      },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#beat);
    await this.#thread?.terminate();
  }

  #start(): Worker {
    if (this.#thread !== null) return this.#thread;
    const { beats } = this.#data;
    this.#beat = setInterval(() => Atomics.add(beats, 0, 1), beatMs);
    this.#beat.unref();
    this.#thread = startThread('gateway/models/watchdog-thread', { workerData: this.#data });
    this.#thread.unref();
    return this.#thread;
  }

  #note(model: string, version: number): string {
    return join(this.#folder, `${model}@${version}`);
  }
}
