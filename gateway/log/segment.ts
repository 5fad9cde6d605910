import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file of whole lines that nothing writes to any more. */
export interface SealedSegment {
  readonly model: string;
  readonly path: string;
  readonly start: number;
  readonly n: number;
  readonly records: number;
  readonly from: number;
  readonly to: number;
}

export const segmentName = (start: number, n: number): string =>
  `${String(start).padStart(13, '0')}-${String(n).padStart(8, '0')}`;

/** A local file that one writer appends lines to. */
export class OpenSegment {
  readonly model: string;
  readonly path: string;
  readonly start: number;
  readonly n: number;
  records = 0;
  #from = Infinity;
  #to = -Infinity;
  #length = 0;
  #dirty = false;
  #folderSynced = false;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, model: string, path: string, start: number, n: number) {
    this.#handle = handle;
    this.model = model;
    this.path = path;
    this.start = start;
    this.n = n;
  }

  /** `folder` must exist. */
  static async create(folder: string, model: string, start: number, n: number): Promise<OpenSegment> {
    const path = join(folder, `${segmentName(start, n)}.ndjson`);
    return new OpenSegment(await open(path, 'ax'), model, path, start, n);
  }

  /** Writes whole lines, or nothing: what a failed write left is cut off again. */
  async append(text: string, records: number, from: number, to: number): Promise<void> {
    const bytes = Buffer.from(text);
    try {
      for (let done = 0; done < bytes.length;)
        done += (await this.#handle.write(bytes, done, bytes.length - done, null)).bytesWritten;
    } catch (error) {
      await this.#handle.truncate(this.#length);
      throw error;
    }
    this.#length += bytes.length;
    this.records += records;
    this.#from = Math.min(this.#from, from);
    this.#to = Math.max(this.#to, to);
    this.#dirty = true;
  }

  /** All lines that were appended before the call are on disk when it ends; calls meanwhile share the next sync. */
  sync(): Promise<void> {
    if (this.#next !== null) return this.#next;
    if (this.#running !== null) {
      this.#next = this.#running
        .catch(() => {})
        .then(() => {
          this.#next = null;
          return this.sync();
        });
      return this.#next;
    }
    this.#running = this.#syncNow().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #syncNow(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    try {
      await this.#handle.datasync();
      if (!this.#folderSynced) await syncFolder(dirname(this.path));
      this.#folderSynced = true;
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
  }

  async seal(): Promise<SealedSegment> {
    await this.sync();
    await this.#handle.close();
    const { model, path, start, n, records } = this;
    return { model, path, start, n, records, from: this.#from, to: this.#to };
  }
}

/** Makes the entry of a new file durable. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
