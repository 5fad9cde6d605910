import type { Digest } from '../../contracts/digest.ts';

/** Opaque state of a pointer, from the store; a conditional write names the one it expects. */
export type PointerToken = string & { readonly __token?: never };

export interface Pointer {
  readonly value: Uint8Array;
  readonly token: PointerToken;
}

/** The write expected another state of the pointer than the one it met. Read again, then decide again. */
export class PointerConflictError extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`pointer "${key}" was changed by someone else meanwhile: read it again, then decide again`);
    this.name = 'PointerConflictError';
    this.key = key;
  }
}

/**
 * Immutable bytes by digest, and small named documents that change by compare-and-swap.
 * An outage throws a plain `Error` (retryable); a denied or missing bucket and bytes that
 * do not match their digest throw a `PawlError`.
 */
export interface ArtifactStore {
  /** `file:///...` or `s3://bucket/prefix`. */
  readonly url: string;
  putBlob(bytes: Uint8Array): Promise<Digest>;
  /** Streams a file into the store. */
  putFile(path: string): Promise<{ digest: Digest; bytes: number }>;
  /** The bytes, verified against the digest. */
  getBlob(digest: Digest): Promise<Uint8Array>;
  /** A local, read-only path to the verified bytes (a content-addressed cache where the store is remote). */
  fetchFile(digest: Digest): Promise<string>;
  hasBlob(digest: Digest): Promise<boolean>;
  /** Digests of blobs that begin with these 6 to 64 hexadecimal digits, ascending; two at most, as more tell nothing else. */
  findBlobs(hex: string): Promise<Digest[]>;
  /** Null where there is none; `'unchanged'` where its token still is `unless`. */
  readPointer(key: string, unless?: PointerToken): Promise<Pointer | 'unchanged' | null>;
  /** `expected` null: only where there is none yet. Throws `PointerConflictError`. */
  writePointer(key: string, value: Uint8Array, expected: PointerToken | null): Promise<PointerToken>;
  /** Keys under a prefix, ascending; only those greater than `after` where it is given. */
  listPointers(prefix: string, after?: string): Promise<string[]>;
  /** Names right below `folder`, ascending, that have keys below them; costs as much as there are such names, independent of what lies below. */
  listPointerFolders(folder: string): Promise<string[]>;
  close(): Promise<void>;
}
