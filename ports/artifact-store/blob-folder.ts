import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { blobFolder, blobPath, digestSchema, type Digest } from '../../contracts/digest.ts';
import { privateFile, privateFolder } from '../private-files.ts';
import { syncFolder } from '../sync-file.ts';
import { errorCodeOf, hashFile } from './files.ts';
import { corruptBlob, digestOf, missingBlob } from './keys.ts';

/** A temporary file of a process that died is swept after this long. */
const abandonedMs = 86_400_000;
const readOnly = 0o400;

/** Immutable files by digest in a folder. A file appears whole or not at all: temporary file, sync, rename. */
export class BlobFolder {
  readonly root: string;
  readonly #verified = new Map<Digest, string>();
  #swept: Promise<void> | null = null;

  constructor(root: string) {
    this.root = root;
  }

  path(digest: Digest): string {
    return join(this.root, blobPath(digest));
  }

  /** A fresh path on the file system of the store, for what is renamed into place later. */
  async temporary(): Promise<string> {
    const folder = join(this.root, 'tmp');
    // Each time: someone may have emptied the store meanwhile.
    await mkdir(folder, { recursive: true, mode: privateFolder });
    this.#swept ??= sweep(folder);
    await this.#swept;
    return join(folder, `${process.pid}-${randomBytes(8).toString('hex')}`);
  }

  /** The first two blobs whose digests begin so. */
  async find(hex: string): Promise<Digest[]> {
    const names = await readdir(join(this.root, blobFolder(hex))).catch((error: unknown) => {
      if (errorCodeOf(error) === 'ENOENT') return [];
      throw error;
    });
    return names
      .filter((name) => name.startsWith(hex))
      .toSorted()
      .slice(0, 2)
      .map((name) => digestSchema.parse(`sha256:${name}`));
  }

  async has(digest: Digest): Promise<boolean> {
    try {
      await stat(this.path(digest));
      return true;
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes);
    if (await this.has(digest)) return digest;
    const { stored } = await this.take([bytes], digest);
    return stored;
  }

  /** Streams bytes in. `expected`: throws `CorruptArtifactError` where they are others, and keeps nothing. */
  async take(
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array> | Readable,
    expected?: Digest,
    from = 'the stream',
  ): Promise<{ stored: Digest; bytes: number }> {
    const temporary = await this.temporary();
    try {
      const hash = createHash('sha256');
      let bytes = 0;
      const file = await open(temporary, 'wx', privateFile);
      try {
        for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          await file.writeFile(chunk);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      const stored = digestSchema.parse(`sha256:${hash.digest('hex')}`);
      if (expected !== undefined && stored !== expected) throw corruptBlob(expected, from, stored);
      const path = this.path(stored);
      await mkdir(dirname(path), { recursive: true, mode: privateFolder });
      await chmod(temporary, readOnly);
      await rename(temporary, path);
      await syncFolder(dirname(path));
      return { stored, bytes };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Throws `CorruptArtifactError` for bytes that are damaged or missing. */
  async get(digest: Digest, name: string): Promise<Uint8Array> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(this.path(digest));
    } catch (error) {
      throw errorCodeOf(error) === 'ENOENT' ? missingBlob(digest, name) : error;
    }
    const found = digestOf(bytes);
    if (found !== digest) throw corruptBlob(digest, name, found);
    return bytes;
  }

  /** Path of a blob whose bytes were verified since they last changed; null where there is none. */
  async verifiedPath(digest: Digest, name: string): Promise<string | null> {
    const path = this.path(digest);
    try {
      const { ino, size, mtimeMs } = await stat(path);
      const state = `${ino}/${size}/${mtimeMs}`;
      if (this.#verified.get(digest) === state) return path;
      const found = await hashFile(path);
      if (found !== digest) throw corruptBlob(digest, name, found);
      this.#verified.set(digest, state);
      return path;
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > abandonedMs) await rm(path, { recursive: true, force: true });
  }
}
