import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { privateFile } from '../../ports/private-files.ts';

/** What a segment does with its file. */
export interface SegmentFile {
  append(bytes: Uint8Array): Promise<void>;
  /** Ends when these bytes are on disk; says nothing of those before them. */
  appendThrough(bytes: Uint8Array): Promise<void>;
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** Makes a file, which must not exist, to append to. */
export type CreateFile = (path: string) => Promise<SegmentFile>;

/** How a file is opened whose writes end on disk; elsewhere that says less than a sync does. */
const throughFlags = process.platform === 'linux' ? constants.O_WRONLY | constants.O_APPEND | constants.O_DSYNC : null;

export const createFile: CreateFile = async (path) =>
  new LocalFile(path, await open(path, 'ax', privateFile), throughFlags);

/** Where `flags` is null, a write and a sync make a write through to the disk: twice the trips to a thread. */
export class LocalFile implements SegmentFile {
  readonly #path: string;
  readonly #flags: number | null;
  readonly #file: FileHandle;
  /** The same file, once somebody wrote through. */
  #through: FileHandle | null = null;

  constructor(path: string, file: FileHandle, flags: number | null) {
    this.#path = path;
    this.#file = file;
    this.#flags = flags;
  }

  append(bytes: Uint8Array): Promise<void> {
    return appendAll(this.#file, bytes);
  }

  async appendThrough(bytes: Uint8Array): Promise<void> {
    if (this.#flags === null) {
      await this.append(bytes);
      await this.datasync();
      return;
    }
    this.#through ??= await open(this.#path, this.#flags);
    await appendAll(this.#through, bytes);
  }

  datasync(): Promise<void> {
    return this.#file.datasync();
  }

  truncate(length: number): Promise<void> {
    return this.#file.truncate(length);
  }

  async close(): Promise<void> {
    try {
      await this.#through?.close();
    } finally {
      await this.#file.close();
    }
  }
}

async function appendAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, null)).bytesWritten;
}
