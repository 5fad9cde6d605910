import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { longestSegmentMs, type LogEntry } from '../../contracts/serving/prediction-log.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import { syncFolder } from '../../ports/sync-file.ts';
import type { Report } from '../warnings.ts';
import { HandOver } from './hand-over.ts';
import { lockInstance } from './instance-lock.ts';
import { LogRefusedError } from './log-refused.ts';
import { ModelLog, type LogBytes } from './model-log.ts';
import { recoverSegments } from './recover.ts';
import { createFile, type CreateFile } from './segment-file.ts';

export interface SpoolOptions {
  readonly config: Pick<Config, 'home' | 'gateway'>;
  readonly store: Pick<ArtifactStore, 'putFile' | 'readPointer' | 'writePointer'>;
  readonly sealer: SegmentSealer;
  readonly instance: string;
  readonly report: Report;
  /** Seconds of a sync. */
  readonly onSynced?: (seconds: number) => void;
  /** Makes the files of segments. @default on the local disk */
  readonly create?: CreateFile;
}

export interface SpoolHealth {
  /** Why records are refused, or stay on this disk; null when all goes well. */
  readonly problem: string | null;
  /** Records are refused. */
  readonly refusing: boolean;
  /** Records in memory. */
  readonly pendingBytes: number;
  /** Sealed segments that are not yet in the store. */
  readonly waitingSegments: number;
  readonly waitingBytes: number;
  /** Segments that were set aside since the start because they cannot be read. */
  readonly corruptSegments: number;
  /** Age of the oldest record that is not on disk. */
  readonly oldestUnsyncedMs: number;
}

/** Bytes of a segment at most, so that one of wide inputs can be converted in little memory. */
const mostSealBytes = 64 * 1024 * 1024;

/** The local end of the prediction log: durable here first, handed over to the store in sealed segments. Bounded in memory and on disk. */
export class PredictionSpool {
  readonly #options: SpoolOptions;
  readonly #folder: string;
  readonly #handOver: HandOver;
  readonly #unlock: () => void;
  readonly #logs = new Map<string, ModelLog>();
  #firstSegment = 0;
  readonly #bytes: LogBytes = { pending: 0, open: 0 };
  #closed = false;

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
    for (const made of [folder, join(folder, '..'), options.config.home]) await syncFolder(made);
    for (const segment of await recoverSegments(folder, options.report)) {
      spool.#firstSegment = Math.max(spool.#firstSegment, segment.n + 1);
      spool.#handOver.add(segment);
    }
    return spool;
  }

  health(): SpoolHealth {
    const now = performance.now();
    let problem = this.#fullness();
    let oldest = now;
    for (const log of this.#logs.values()) {
      problem ??= log.problem;
      oldest = Math.min(oldest, log.unsyncedSince ?? now);
    }
    return {
      problem: problem ?? this.#handOver.problem,
      refusing: problem !== null,
      pendingBytes: this.#bytes.pending,
      waitingSegments: this.#handOver.waiting,
      waitingBytes: this.#handOver.waitingBytes,
      corruptSegments: this.#handOver.corrupt,
      oldestUnsyncedMs: now - oldest,
    };
  }

  /**
   * Takes an entry: null where it will be on disk within some 50 ms; with `durable` a promise that ends when it is. Throws
   * `LogRefusedError` while the disk does not take records, or too many wait for it or for the store.
   */
  append(entry: LogEntry, durable: false): null;
  append(entry: LogEntry, durable: true): Promise<void>;
  append(entry: LogEntry, durable: boolean): Promise<void> | null;
  append(entry: LogEntry, durable: boolean): Promise<void> | null {
    const log = this.#logOf(entry.model);
    const problem = log.problem ?? this.#fullness();
    if (problem !== null) throw new LogRefusedError(problem);
    return log.append(entry, durable);
  }

  /** Seals and hands over, for at most `ms` and the step under way then; what is left waits on disk for the next start. */
  async close(ms: number): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
    await this.#handOver.finish(ms);
    this.#unlock();
  }

  /** Why no more may come; null where there is room. */
  #fullness(): string | null {
    const { memory, disk } = this.#options.config.gateway.log;
    const { pending, open } = this.#bytes;
    const local = open + this.#handOver.waitingBytes;
    if (pending > memory)
      return `${pending} bytes of the prediction log wait for a slow disk: gateway.log.memory allows ${memory}`;
    if (local > disk) return `${local} bytes of the prediction log wait for the store: gateway.log.disk allows ${disk}`;
    return this.#closed ? 'the prediction log is closed' : null;
  }

  #logOf(model: string): ModelLog {
    const known = this.#logs.get(model);
    if (known !== undefined) return known;
    const { config, report, onSynced = () => undefined, create = createFile } = this.#options;
    const log = new ModelLog({
      folder: join(this.#folder, model),
      model,
      firstSegment: this.#firstSegment,
      sealEveryMs: Math.min(config.gateway.log.sealEvery, longestSegmentMs),
      sealRecords: config.gateway.log.sealRecords,
      // A bound that is small is reached by what is sealed, which can leave, not by what is open.
      sealBytes: Math.min(mostSealBytes, config.gateway.log.disk / 4),
      create,
      bytes: this.#bytes,
      onSealed: (segment) => this.#handOver.add(segment),
      onSynced,
      report,
    });
    this.#logs.set(model, log);
    return log;
  }
}
