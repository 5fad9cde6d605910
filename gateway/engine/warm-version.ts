import type { Priority } from '../../config/gateway-schema.ts';
import type { ServingPolicy } from '../../contracts/serving-policy.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { Batcher } from './batcher.ts';
import { blankFeeds } from './sample-feeds.ts';
import type { Feeds, Pass, ServedVersion } from './served-version.ts';
import { rowsAreIndependent } from './verify-rows.ts';

export interface ColdVersion {
  readonly version: number;
  readonly policy: ServingPolicy;
  readonly bytes: number;
  readonly loaded: LoadedModel;
  /** Requests that were answered lately, to warm up with. */
  readonly recent: readonly Feeds[];
}

/** Passes before the first request: ONNX Runtime sets up its memory in the first ones. */
const warmPasses = 2;

/** Runs rows through a version, so that its first request does not pay for what is set up lazily, and looks whether rows may share a pass. */
export async function warmVersion({ version, policy, bytes, loaded, recent }: ColdVersion): Promise<ServedVersion> {
  for (const feeds of [blankFeeds(loaded.signature), ...recent])
    for (let pass = 0; pass < warmPasses; pass++)
      // A blank row, or one of another version, may be outside of what the model takes; that says nothing about real ones.
      await loaded.run(feeds).catch(() => undefined);
  const batches = policy.maxBatch > 1 && (await rowsAreIndependent(loaded, []));
  return new WarmVersion(version, policy, bytes, batches, loaded);
}

/** Released once it is retired and the last request on it has ended. */
class WarmVersion implements ServedVersion {
  readonly version: number;
  readonly policy: ServingPolicy;
  readonly bytes: number;
  readonly batches: boolean;
  readonly signature;
  readonly #loaded: LoadedModel;
  readonly #batcher: Batcher;
  #inFlight = 0;
  #retired: (() => void) | null = null;

  constructor(version: number, policy: ServingPolicy, bytes: number, batches: boolean, loaded: LoadedModel) {
    this.version = version;
    this.policy = policy;
    this.bytes = bytes;
    this.batches = batches;
    this.signature = loaded.signature;
    this.#loaded = loaded;
    this.#batcher = new Batcher(loaded, batches ? policy.maxBatch : 1);
  }

  async run(feeds: Feeds, rows: number, priority: Priority): Promise<Pass> {
    this.#inFlight += 1;
    try {
      return await this.#batcher.run(feeds, rows, priority);
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#retired?.();
    }
  }

  async retire(): Promise<void> {
    if (this.#inFlight > 0)
      await new Promise<void>((resolve) => {
        this.#retired = resolve;
      });
    await this.#loaded.release();
  }
}
