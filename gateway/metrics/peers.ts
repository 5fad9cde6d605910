import type { ProcessSnapshot } from './merge.ts';

/** The metrics of all processes that answer as one gateway. */
export interface PeerMetrics {
  snapshots(): Promise<readonly ProcessSnapshot[]>;
}
