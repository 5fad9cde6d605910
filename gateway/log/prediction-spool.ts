import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { longestSegmentMs, type LogRecord } from '../../contracts/prediction-log.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { Report } from '../report.ts';
import { HandOver } from './hand-over.ts';
import { lockInstance } from './instance-lock.ts';
import { ModelLog } from './model-log.ts';
import { recoverSegments } from './recover.ts';

export interface SpoolOptions {
  readonly config: Pick<Config, 'home' | 'gateway'>;
  readonly store: Pick<ArtifactStore, 'putFile' | 'readPointer' | 'writePointer'>;
  readonly instance: string;
  readonly report: Report;
}

/** The local end of the prediction log: durable here first, handed over to the store in sealed segments. */
export class PredictionSpool {
  readonly #options: SpoolOptions;
  readonly #folder: string;
  readonly #handOver: HandOver;
  readonly #unlock: () => void;
  readonly #logs = new Map<string, ModelLog>();
  #firstSegment = 0;

  private constructor(options: SpoolOptions, folder: string, unlock: () => void) {
    this.#options = options;
    this.#folder = folder;
    this.#unlock = unlock;
    this.#handOver = new HandOver(options.store, options.instance, options.report);
  }

  /** Takes up what an earlier process of the same instance left. Throws `InvalidConfigError` where one is still running. */
  static async open(options: SpoolOptions): Promise<PredictionSpool> {
    const folder = join(options.config.home, 'gateway', options.instance);
    const spool = new PredictionSpool(options, folder, await lockInstance(folder, options.instance));
    for (const segment of await recoverSegments(folder)) {
      spool.#firstSegment = Math.max(spool.#firstSegment, segment.n + 1);
      spool.#handOver.add(segment);
    }
    return spool;
  }

  /** Sealed segments that are not yet in the store. */
  get waiting(): number {
    return this.#handOver.waiting;
  }

  append(model: string, records: readonly LogRecord[], durable = false): Promise<void> {
    let log = this.#logs.get(model);
    if (log === undefined) {
      const { log: settings } = this.#options.config.gateway;
      log = new ModelLog({
        folder: join(this.#folder, model),
        model,
        firstSegment: this.#firstSegment,
        sealEveryMs: Math.min(settings.sealEvery, longestSegmentMs),
        sealRecords: settings.sealRecords,
        syncEveryMs: settings.syncEvery,
        onSealed: (segment) => {
          this.#handOver.add(segment);
        },
        report: this.#options.report,
      });
      this.#logs.set(model, log);
    }
    return log.append(records, durable);
  }

  /** Seals and hands over, for at most `ms`; what is left then waits on disk for the next start. */
  async close(ms: number): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
    await this.#handOver.finish(ms);
    this.#unlock();
  }
}
