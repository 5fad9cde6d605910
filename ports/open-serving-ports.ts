import type { Config } from '../config/schema.ts';
import { openInference } from './inference/open-inference.ts';
import { openArtifactStore } from './artifact-store/open-artifact-store.ts';
import { createSegmentSealer } from './prediction-log/sealing/sealer.ts';
import { createRegistry } from './registry/store.ts';

/** What a gateway needs, and no more: neither Temporal nor DuckDB is loaded into the serving process. */
export function openServingPorts(config: Config) {
  const store = openArtifactStore(config);
  const sealer = createSegmentSealer(config);
  return {
    store,
    registry: createRegistry(store, Date.now),
    inference: openInference(),
    sealer,
    async close(): Promise<void> {
      await sealer.close();
      await store.close();
    },
  };
}
