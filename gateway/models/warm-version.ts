import type { Priority } from '../../config/gateway-schema.ts';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import type { Feeds, Signature } from '../../contracts/data/tensor.ts';
import type { AnswerLimits } from '../../contracts/serving/answer-limits.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { unavailable } from '../call/http-error.ts';
import { Batcher } from './batcher.ts';
import { blankFeeds } from './sample-feeds.ts';
import type { ServedColumns } from './served-columns.ts';
import type { Pass, ServedVersion } from './served-version.ts';
import { rowsAreIndependent } from './verify-rows.ts';

export interface ColdVersion {
  readonly version: number;
  readonly policy: ServingPolicy;
  readonly columns: ServedColumns;
  readonly bytes: number;
  readonly loaded: LoadedModel;
  /** Of the whole answer to a request, which may take several passes. */
  readonly answer: AnswerLimits;
  /** Requests that were answered lately, to warm up with. */
  readonly recent: readonly Feeds[];
  readonly asShadow: boolean;
}

/** Passes before the first request: ONNX Runtime sets up its memory in the first ones. */
const warmPasses = 2;

/** Runs rows through a version, so that its first request does not pay for what is set up lazily, and looks whether rows may share a pass. */
export async function warmVersion({
  version,
  policy,
  columns,
  bytes,
  loaded,
  answer,
  recent,
  asShadow,
}: ColdVersion): Promise<ServedVersion> {
  for (const feeds of [blankFeeds(loaded.signature), ...recent])
    for (let pass = 0; pass < warmPasses; pass++)
      // A blank row, or one of another version, may be outside of what the model takes; that says nothing about real ones.
      await loaded.run(feeds).catch(() => undefined);
  const batches = policy.maxBatch > 1 && (await rowsAreIndependent(loaded, recent));
  return new WarmVersion({ version, policy, columns, bytes, batches, asShadow }, loaded, answer);
}

/** Released once it is retired and the last request on it has ended. */
class WarmVersion implements ServedVersion {
  readonly version: number;
  readonly policy: ServingPolicy;
  readonly columns: ServedColumns;
  readonly bytes: number;
  readonly batches: boolean;
  readonly asShadow: boolean;
  readonly signature: Signature;
  readonly #loaded: LoadedModel;
  readonly #batcher: Batcher;
  #released = false;

  constructor(
    { version, policy, columns, bytes, batches, asShadow }: Omit<ServedVersion, 'signature' | 'run' | 'retire'>,
    loaded: LoadedModel,
    answer: AnswerLimits,
  ) {
    this.version = version;
    this.policy = policy;
    this.columns = columns;
    this.bytes = bytes;
    this.batches = batches;
    this.asShadow = asShadow;
    this.signature = loaded.signature;
    this.#loaded = loaded;
    this.#batcher = new Batcher(loaded, batches ? policy.maxBatch : 1, answer);
  }

  run(feeds: Feeds, rows: number, priority: Priority, deadline: number | null = null): Promise<Pass> {
    if (this.#released)
      return Promise.reject(unavailable(`version ${this.version} was taken out of service meanwhile: ask again`));
    return this.#batcher.run(feeds, rows, priority, deadline);
  }

  async retire(): Promise<void> {
    // A request that was routed to it in this turn may still be about to ask it.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#batcher.idle();
    this.#released = true;
    await this.#loaded.release();
  }
}
