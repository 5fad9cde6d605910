import { BlobCheck, type Store } from './checks.ts';
import type { Registry, Verifier } from './port.ts';
import { verifyModel, verifyRecord, verifyVersion } from './verify.ts';
import { verifyMonitor, verifyRelease } from './verify-release.ts';

/** Reads the registry's documents, and their blobs in the store. */
export const createVerifier = (store: Store, registry: Registry): Verifier => ({
  model: (model) => verifyModel(store, registry, model),
  version: (version) => verifyVersion(store, registry, version),
  record: (model) => verifyRecord(registry, model),
  release: (model, release) => verifyRelease(new BlobCheck(store), registry, model, release),
  monitor: (model) => verifyMonitor(new BlobCheck(store), registry, model),
});
