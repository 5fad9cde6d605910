import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { longestSegmentMs, type LogEntry } from '../../contracts/prediction-log.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import type { Report } from '../report.ts';
import { HandOver } from './hand-over.ts';
import { lockInstance } from './instance-lock.ts';
import { LogRefusedError } from './log-refused.ts';
import { ModelLog } from './model-log.ts';
import { recoverSegments } from './recover.ts';

export interface SpoolOptions {
  readonly config: Pick<Config, 'home' | 'gateway'>;
  readonly store: Pick<ArtifactStore, 'putFile' | 'readPointer' | 'writePointer'>;
  readonly sealer: SegmentSealer;
  readonly instance: string;
  readonly report: Report;
  /** Seconds of a sync. */
  readonly onSynced?: (seconds: number) => void;
}

export interface SpoolHealth {
  /** Why records are refused, or stay on this disk; null when all goes well. */
  readonly problem: string | null;
  /** Records in memory. */
  readonly pendingBytes: number;
  /** Sealed segments that are not yet in the store. */
  readonly waitingSegments: number;
  readonly waitingBytes: number;
  /** Age of the oldest record that is not on disk. */
  readonly oldestUnsyncedMs: number;
}

/** How often the bounds are looked at, in records: what comes in between is small beside them. */
const lookEvery = 64;

/** The local end of the prediction log: durable here first, handed over to the store in sealed segments. Bounded in memory and on disk. */
export class PredictionSpool {
  readonly #options: SpoolOptions;
  readonly #folder: string;
  readonly #handOver: HandOver;
  readonly #unlock: () => void;
  readonly #logs = new Map<string, ModelLog>();
  #firstSegment = 0;
  #sinceLook = lookEvery;
  #full: string | null = null;

  private constructor(options: SpoolOptions, folder: string, unlock: () => void) {
    this.#options = options;
    this.#folder = folder;
    this.#unlock = unlock;
    this.#handOver = new HandOver(options.store, options.sealer, options.instance, options.report);
  }

  /** Takes up what an earlier process of the same instance left. Throws `InvalidConfigError` where one is still running. */
  static async open(options: SpoolOptions): Promise<PredictionSpool> {
    const folder = join(options.config.home, 'gateway', options.instance);
    const spool = new PredictionSpool(options, folder, await lockInstance(folder, options.instance));
    for (const segment of await recoverSegments(folder, options.report)) {
      spool.#firstSegment = Math.max(spool.#firstSegment, segment.n + 1);
      spool.#handOver.add(segment);
    }
    return spool;
  }

  health(): SpoolHealth {
    const now = performance.now();
    let problem = this.#fullness();
    let pendingBytes = 0;
    let oldest = now;
    for (const log of this.#logs.values()) {
      problem ??= log.problem;
      pendingBytes += log.pendingBytes;
      oldest = Math.min(oldest, log.unsyncedSince ?? now);
    }
    return {
      problem: problem ?? this.#handOver.problem,
      pendingBytes,
      waitingSegments: this.#handOver.waiting,
      waitingBytes: this.#handOver.waitingBytes,
      oldestUnsyncedMs: now - oldest,
    };
  }

  /**
   * Takes an entry: null where it will be on disk within some 50 ms; with `durable` a promise that ends when it is. Throws
   * `LogRefusedError` while the disk does not take records, or too many wait for it or for the store.
   */
  append(entry: LogEntry, durable: boolean): Promise<void> | null {
    const log = this.#logOf(entry.model);
    if (log.problem !== null) throw new LogRefusedError(log.problem);
    if (++this.#sinceLook >= lookEvery || this.#full !== null) {
      this.#sinceLook = 0;
      this.#full = this.#fullness();
    }
    if (this.#full !== null) throw new LogRefusedError(this.#full);
    return log.append(entry, durable);
  }

  /** Seals and hands over, for at most `ms` and the step under way then; what is left waits on disk for the next start. */
  async close(ms: number): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
    await this.#handOver.finish(ms);
    this.#unlock();
  }

  /** Why no more may come; null where there is room. */
  #fullness(): string | null {
    const { memory, disk } = this.#options.config.gateway.log;
    let [pending, local] = [0, this.#handOver.waitingBytes];
    for (const log of this.#logs.values()) {
      pending += log.pendingBytes;
      local += log.openBytes;
    }
    if (pending > memory)
      return `${pending} bytes of the prediction log wait for a slow disk: gateway.log.memory allows ${memory}`;
    if (local > disk) return `${local} bytes of the prediction log wait for the store: gateway.log.disk allows ${disk}`;
    return null;
  }

  #logOf(model: string): ModelLog {
    const known = this.#logs.get(model);
    if (known !== undefined) return known;
    const { config, report, onSynced = () => undefined } = this.#options;
    const log = new ModelLog({
      folder: join(this.#folder, model),
      model,
      firstSegment: this.#firstSegment,
      sealEveryMs: Math.min(config.gateway.log.sealEvery, longestSegmentMs),
      sealRecords: config.gateway.log.sealRecords,
      onSealed: (segment) => this.#handOver.add(segment),
      onSynced,
      report,
    });
    this.#logs.set(model, log);
    return log;
  }
}
