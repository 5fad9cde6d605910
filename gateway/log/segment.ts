import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A local file of whole frames that nothing writes to any more. */
export interface SealedSegment {
  readonly model: string;
  readonly path: string;
  readonly start: number;
  readonly n: number;
  readonly bytes: number;
}

export const segmentName = (start: number, n: number): string =>
  `${String(start).padStart(13, '0')}-${String(n).padStart(8, '0')}`;

/** A local file that one writer appends frames to. */
export class OpenSegment {
  readonly model: string;
  readonly path: string;
  readonly start: number;
  readonly n: number;
  readonly #handle: FileHandle;
  #length = 0;
  #torn = false;
  #folderSynced = false;

  private constructor(handle: FileHandle, model: string, path: string, start: number, n: number) {
    this.#handle = handle;
    this.model = model;
    this.path = path;
    this.start = start;
    this.n = n;
  }

  /** `folder` must exist. */
  static async create(folder: string, model: string, start: number, n: number): Promise<OpenSegment> {
    const path = join(folder, `${segmentName(start, n)}.log`);
    return new OpenSegment(await open(path, 'ax'), model, path, start, n);
  }

  get bytes(): number {
    return this.#length;
  }

  /** Writes whole frames, or none that counts: what a failed write left is cut off before the next. */
  async append(frames: Uint8Array): Promise<void> {
    if (this.#torn) await this.#handle.truncate(this.#length);
    this.#torn = true;
    for (let done = 0; done < frames.length;)
      done += (await this.#handle.write(frames, done, frames.length - done, null)).bytesWritten;
    this.#length += frames.length;
    this.#torn = false;
  }

  /** All frames that were appended before are on disk when it ends. */
  async sync(): Promise<void> {
    await this.#handle.datasync();
    if (!this.#folderSynced) await syncFolder(dirname(this.path));
    this.#folderSynced = true;
  }

  async seal(): Promise<SealedSegment> {
    try {
      if (this.#torn) await this.#handle.truncate(this.#length);
      await this.sync();
    } finally {
      await this.#handle.close();
    }
    const { model, path, start, n } = this;
    return { model, path, start, n, bytes: this.#length };
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
