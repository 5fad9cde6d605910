import { mkdir, unlink } from 'node:fs/promises';
import type { LogRecord } from '../../contracts/prediction-log.ts';
import { messageOf, type Report } from '../report.ts';
import { OpenSegment, type SealedSegment } from './segment.ts';

export interface ModelLogOptions {
  readonly folder: string;
  readonly model: string;
  /** Number of the first segment. */
  readonly firstSegment: number;
  readonly sealEveryMs: number;
  readonly sealRecords: number;
  readonly syncEveryMs: number;
  readonly onSealed: (segment: SealedSegment) => void;
  readonly report: Report;
}

interface Waiting {
  readonly text: string;
  readonly records: number;
  readonly from: number;
  readonly to: number;
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Appends one model's records to local segments. Records that come while a write is under way share the next one. */
export class ModelLog {
  readonly #options: ModelLogOptions;
  #waiting: Waiting[] = [];
  #writing = false;
  #written: Promise<void> = Promise.resolve();
  #segment: OpenSegment | null = null;
  #n: number;
  #sealDue = false;
  #sealTimer: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  readonly #sealing = new Set<Promise<void>>();

  constructor(options: ModelLogOptions) {
    this.#options = options;
    this.#n = options.firstSegment;
  }

  /** Ends when the records are written; with `durable`, when they are on disk. */
  append(records: readonly LogRecord[], durable = false): Promise<void> {
    let text = '';
    let from = Infinity;
    let to = -Infinity;
    for (const record of records) {
      text += `${JSON.stringify(record)}\n`;
      from = Math.min(from, record.at);
      to = Math.max(to, record.at);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, records: records.length, from, to, durable, resolve, reject });
      this.#kick();
    });
  }

  /** Seals what is open; nothing may be appended afterwards. */
  async close(): Promise<void> {
    this.#sealDue = true;
    this.#kick();
    await this.#written;
    clearTimeout(this.#syncTimer);
    await Promise.all(this.#sealing);
  }

  #kick(): void {
    if (this.#writing) return;
    this.#writing = true;
    this.#written = this.#write();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        this.#segment ??= await this.#openSegment();
        await this.#writeBatch(this.#segment, batch);
      } catch (error) {
        for (const entry of batch) entry.reject(error as Error);
        // A segment that cannot be written to is given up; what it holds is whole and is handed over.
        this.#sealDue = true;
      }
      if (this.#sealDue || (this.#segment?.records ?? 0) >= this.#options.sealRecords) this.#seal();
    }
    if (this.#sealDue) this.#seal();
    this.#writing = false;
  }

  async #writeBatch(segment: OpenSegment, batch: readonly Waiting[]): Promise<void> {
    let text = '';
    let records = 0;
    let from = Infinity;
    let to = -Infinity;
    for (const entry of batch) {
      text += entry.text;
      records += entry.records;
      from = Math.min(from, entry.from);
      to = Math.max(to, entry.to);
    }
    await segment.append(text, records, from, to);
    const durable = batch.filter((entry) => entry.durable);
    for (const entry of batch) if (!entry.durable) entry.resolve();
    if (durable.length > 0)
      segment.sync().then(
        () => {
          for (const entry of durable) entry.resolve();
        },
        (error: unknown) => {
          for (const entry of durable) entry.reject(error as Error);
        },
      );
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      segment.sync().catch((error: unknown) => {
        this.#options.report(`${segment.path} could not be synced: ${messageOf(error)}`);
      });
    }, this.#options.syncEveryMs);
  }

  async #openSegment(): Promise<OpenSegment> {
    const { folder, model, sealEveryMs } = this.#options;
    await mkdir(folder, { recursive: true });
    const segment = await OpenSegment.create(folder, model, Date.now(), this.#n);
    this.#n += 1;
    this.#sealTimer = setTimeout(() => {
      this.#sealDue = true;
      this.#kick();
    }, sealEveryMs);
    return segment;
  }

  /** Closes the segment in the background: the next batch opens a new one. */
  #seal(): void {
    this.#sealDue = false;
    clearTimeout(this.#sealTimer);
    const segment = this.#segment;
    this.#segment = null;
    if (segment === null) return;
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    const sealing = segment
      .seal()
      .then((sealed) => (sealed.records > 0 ? this.#options.onSealed(sealed) : unlink(sealed.path)))
      .catch((error: unknown) => {
        this.#options.report(`${segment.path} could not be sealed, the next start recovers it: ${messageOf(error)}`);
      })
      .finally(() => this.#sealing.delete(sealing));
    this.#sealing.add(sealing);
  }
}
