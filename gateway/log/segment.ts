import { unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FrameDefinitions } from '../../codec/log-frame-writer.ts';
import { syncFolder } from '../../ports/sync-file.ts';
import type { CreateFile, SegmentFile } from './segment-file.ts';

/** A local file of whole frames that nothing writes to any more. */
export interface SealedSegment {
  readonly model: string;
  readonly path: string;
  readonly start: number;
  readonly n: number;
  readonly bytes: number;
}

export interface SegmentPlace {
  /** Must exist. */
  readonly folder: string;
  readonly model: string;
  readonly start: number;
  readonly n: number;
  readonly create: CreateFile;
}

export const segmentName = (start: number, n: number): string =>
  `${String(start).padStart(13, '0')}-${String(n).padStart(8, '0')}`;

/** A local file that one writer appends frames to. */
export class OpenSegment {
  readonly #place: SegmentPlace;
  readonly #file: SegmentFile;
  readonly path: string;
  /** The frames that it holds are numbered by them. */
  readonly definitions: FrameDefinitions;
  /** Entries in it. */
  records = 0;
  #length = 0;
  #synced = { length: 0, records: 0 };
  #folderSynced = false;

  private constructor(place: SegmentPlace, file: SegmentFile, path: string, definitions: FrameDefinitions) {
    this.#place = place;
    this.#file = file;
    this.path = path;
    this.definitions = definitions;
  }

  static async create(place: SegmentPlace, definitions: FrameDefinitions): Promise<OpenSegment> {
    const path = join(place.folder, `${segmentName(place.start, place.n)}.log`);
    return new OpenSegment(place, await place.create(path), path, definitions);
  }

  get bytes(): number {
    return this.#length;
  }

  /** Appends whole frames. After a failure the segment can only be cut. */
  async append(frames: Uint8Array, records: number): Promise<void> {
    await this.#file.append(frames);
    this.#appended(frames, records);
  }

  /** Appends whole frames; they and all before them are on disk when it ends. After a failure the segment can only be cut. */
  async appendDurably(frames: Uint8Array, records: number): Promise<void> {
    if (!this.#isSynced) {
      await this.append(frames, records);
      await this.sync();
      return;
    }
    await this.#file.appendThrough(frames);
    this.#appended(frames, records);
    this.#synced = { length: this.#length, records: this.records };
  }

  /** All that was appended is on disk when it ends. After a failure the segment can only be cut. */
  async sync(): Promise<void> {
    if (this.#isSynced) return;
    await this.#file.datasync();
    if (!this.#folderSynced) await syncFolder(this.#place.folder);
    this.#folderSynced = true;
    this.#synced = { length: this.#length, records: this.records };
  }

  /** Takes back what was appended since the last sync; can be done again where it failed. */
  async cut(): Promise<void> {
    await this.#file.truncate(this.#synced.length);
    await this.#file.datasync();
    this.#length = this.#synced.length;
    this.records = this.#synced.records;
  }

  get #isSynced(): boolean {
    return this.#folderSynced && this.#synced.length === this.#length;
  }

  #appended(frames: Uint8Array, records: number): void {
    this.#length += frames.length;
    this.records += records;
  }

  /** Lets go of it as it is: the next start recovers what is in the file. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }

  /** Ends a segment that was synced or cut last; null, and no file is left, where no entry is in it. */
  async end(): Promise<SealedSegment | null> {
    // What was synced is safe even if closing fails.
    await this.abandon();
    if (this.records === 0) {
      await unlink(this.path);
      return null;
    }
    const { model, start, n } = this.#place;
    return { model, path: this.path, start, n, bytes: this.#length };
  }
}

/** Makes a folder that was just made durable in the one that holds it. */
export const syncParent = (folder: string): Promise<void> => syncFolder(dirname(folder));
