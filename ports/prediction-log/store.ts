import { totalmem } from 'node:os';
import type { Corrections } from '../../contracts/serving/corrections.ts';
import { defaultToleranceMs } from '../../policy/release/observe/asked-requests.ts';
import { CompactCache } from './column-cache.ts';
import { readLive } from './live-window.ts';
import { observeRelease } from '../../policy/release/observe/observe.ts';
import type { PredictionLog } from './port.ts';
import { columnsToRead } from '../../policy/release/observe/columns-to-read.ts';
import { checkBudget } from './memory-budget.ts';
import { SegmentIndex, type LogStore } from './segment-index.ts';

export interface PredictionLogOptions {
  readonly store: LogStore;
  /** Rows kept in memory between analyses, 84 bytes each, and more where an analysis asks for inputs. @default 2,000,000 */
  readonly cachedRows?: number;
  /** What an analysis of a release, or of a monitor's window, may hold in memory, in bytes. @default half of the machine's memory */
  readonly memoryBytes?: number;
  /** Which of several labels of a request counts. @default first */
  readonly corrections?: Corrections;
  /** How far the time that feedback names may lie from that of its request, in milliseconds. @default 1,000 */
  readonly toleranceMs?: number;
}

/** Reads the segments that gateways sealed into the store. What no gateway has handed over yet is not seen. */
export function createPredictionLog({
  store,
  cachedRows = 2_000_000,
  memoryBytes = totalmem() / 2,
  corrections = 'first',
  toleranceMs = defaultToleranceMs,
}: PredictionLogOptions): PredictionLog {
  const index = new SegmentIndex(store, 100_000);
  const cache = new CompactCache(store, cachedRows);
  return {
    async observe(window) {
      const stored = await index.since(window.model, window.since);
      const more = columnsToRead(window);
      checkBudget(window.model, stored, more, memoryBytes);
      return observeRelease({ corrections, toleranceMs, ...window }, await cache.read(stored, more));
    },
    async live(window) {
      const segments = await index.since(window.model, window.from);
      return readLive(store, { corrections, toleranceMs, ...window }, segments, memoryBytes);
    },
  };
}
