import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { createFileStore } from './file.ts';
import type { ArtifactStore } from './port.ts';
import { createS3Store } from './s3.ts';

/** The store that the config names. */
export function openArtifactStore(config: Pick<Config, 'home' | 'store' | 's3'>): ArtifactStore {
  const cacheDir = join(config.home, 'cache', 'artifacts');
  return config.store.startsWith('s3:')
    ? createS3Store({ url: config.store, cacheDir, ...config.s3 })
    : createFileStore(config.store);
}
