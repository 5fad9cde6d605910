import { CompactCache, type CompactSegment } from './compact.ts';
import { readLive } from './live.ts';
import { observeRelease } from './observe.ts';
import type { PredictionLog } from './port.ts';
import { SegmentIndex, type LogStore } from './segments.ts';

export interface PredictionLogOptions {
  readonly store: LogStore;
  /** Records kept in memory between looks, without inputs; some 300 bytes each. @default 1,000,000 */
  readonly cachedRecords?: number;
}

/** Reads the segments that gateways sealed into the store. What no gateway has handed over yet is not seen. */
export function createPredictionLog({ store, cachedRecords = 1_000_000 }: PredictionLogOptions): PredictionLog {
  const index = new SegmentIndex(store, 100_000);
  const cache = new CompactCache(store, cachedRecords);
  return {
    async observe(window) {
      const segments: CompactSegment[] = [];
      for (const segment of await index.since(window.model, window.since)) segments.push(await cache.read(segment));
      return observeRelease(window, segments);
    },
    async live(window) {
      return readLive(store, window, await index.since(window.model, window.from));
    },
  };
}
