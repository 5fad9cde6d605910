import type { z } from 'zod';
import { canonicalJson } from '../../contracts/canonical.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { digestOf } from '../artifact-store/keys.ts';
import { PointerConflictError, type ArtifactStore, type PointerToken } from '../artifact-store/port.ts';

/** Reads of lists that a remote store is asked for at once, whoever asks: it answers many, and not thousands. */
const readsAtOnce = 32;

export interface Document<T> {
  readonly value: T;
  readonly token: PointerToken;
}

/** JSON documents under pointers, parsed by their schema. A damaged one throws a `CorruptArtifactError` that names its key. */
export class Documents {
  readonly #store: ArtifactStore;
  #reading = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(store: ArtifactStore) {
    this.#store = store;
  }

  async read<T extends z.ZodType>(schema: T, key: string): Promise<Document<z.output<T>> | null> {
    const found = await this.readUnless(schema, key);
    return found === 'unchanged' ? null : found;
  }

  async readUnless<T extends z.ZodType>(
    schema: T,
    key: string,
    unless?: PointerToken,
  ): Promise<Document<z.output<T>> | 'unchanged' | null> {
    const pointer = await this.#store.readPointer(key, unless);
    if (pointer === null || pointer === 'unchanged') return pointer;
    return { value: this.#parse(schema, key, pointer.value), token: pointer.token };
  }

  /** The documents under the keys, in their order; keys without one are left out. */
  async readAll<T extends z.ZodType>(schema: T, keys: readonly string[]): Promise<z.output<T>[]> {
    const found = await Promise.all(keys.map((key) => this.#inTurn(() => this.read(schema, key))));
    return found.flatMap((document) => (document === null ? [] : [document.value]));
  }

  async #inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.#reading === readsAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#reading += 1;
    try {
      return await read();
    } finally {
      // Whoever waits takes this place.
      const next = this.#waiting.shift();
      if (next === undefined) this.#reading -= 1;
      else next();
    }
  }

  /** Throws `PointerConflictError`. */
  write<T extends z.ZodType>(schema: T, key: string, value: z.input<T>, expected: PointerToken | null) {
    return this.#store.writePointer(key, canonicalJson(schema.parse(value)), expected);
  }

  /** Keeps what will be written under its digest, so that a document which is changed later is told from it. */
  async seal<T extends z.ZodType>(schema: T, value: z.input<T>): Promise<void> {
    await this.#store.putBlob(canonicalJson(schema.parse(value)));
  }

  /** Whether these contents were sealed once. */
  isSealed(value: unknown): Promise<boolean> {
    return this.#store.hasBlob(digestOf(canonicalJson(value)));
  }

  /** Writes where there is nothing yet; says whether this call wrote it. */
  async create<T extends z.ZodType>(schema: T, key: string, value: z.input<T>): Promise<boolean> {
    return orConflict(async () => {
      await this.write(schema, key, value, null);
      return true;
    }, false);
  }

  /** Writes, also over what was there before. */
  async replace<T extends z.ZodType>(schema: T, key: string, value: z.input<T>): Promise<void> {
    for (;;) {
      const pointer = await this.#store.readPointer(key);
      const token = pointer === null || pointer === 'unchanged' ? null : pointer.token;
      const written = await orConflict(async () => {
        await this.write(schema, key, value, token);
        return true;
      }, false);
      if (written) return;
    }
  }

  list(prefix: string): Promise<string[]> {
    return this.#store.listPointers(prefix);
  }

  /** Names right below a folder that have documents below them. */
  folders(folder: string): Promise<string[]> {
    return this.#store.listPointerFolders(folder);
  }

  #parse<T extends z.ZodType>(schema: T, key: string, bytes: Uint8Array): z.output<T> {
    try {
      return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (error) {
      throw new PawlError(
        errorTypes.corruptArtifact,
        `"${key}" in ${this.#store.url} is damaged, or was written by another version of Pawl: ${String(error)}. Restore it from a copy`,
        { key },
        { cause: error },
      );
    }
  }
}

/** The result of a write, or `otherwise` where someone else was faster. */
export async function orConflict<T>(write: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof PointerConflictError) return otherwise;
    throw error;
  }
}
