import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { StoreDifference } from '../../contracts/store-difference.ts';
import type { ArtifactStore } from '../artifact-store/port.ts';
import { changed } from '../differences.ts';
import type { Registry, RegistryDocument } from './port.ts';

export type Store = Pick<ArtifactStore, 'getBlob'>;

/** That a document has other contents than Pawl ever wrote. */
export const changedSince = async (
  registry: Pick<Registry, 'isAsWritten'>,
  what: string,
  document: RegistryDocument,
): Promise<StoreDifference[]> => ((await registry.isAsWritten(document)) ? [] : [{ what, why: changed }]);

/** Reads each blob once and compares it with its digest. */
export class BlobCheck {
  readonly #store: Store;
  readonly #read = new Set<Digest>();

  constructor(store: Store) {
    this.#store = store;
  }

  get read(): number {
    return this.#read.size;
  }

  async of(what: string, digest: Digest): Promise<StoreDifference[]> {
    if (this.#read.has(digest)) return [];
    this.#read.add(digest);
    try {
      await this.#store.getBlob(digest);
      return [];
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      return [{ what, why: error.message }];
    }
  }
}
