import type { ProcessSnapshot } from '../metrics/merge.ts';
import type { MetricsSnapshot } from '../metrics/snapshot.ts';

/** The line that a gateway prints once it serves. */
export interface GatewayReady {
  readonly url: string;
  /** `host:port`. */
  readonly grpc: string;
  readonly instance: string;
  readonly port: number;
}

export type FromWorker =
  | { readonly type: 'ready'; readonly ready: GatewayReady }
  /** The answer to `count`. */
  | { readonly type: 'counted'; readonly id: number; readonly snapshot: MetricsSnapshot }
  /** Asks what all processes count. */
  | { readonly type: 'collect'; readonly id: number };

export type FromPrimary =
  | { readonly type: 'count'; readonly id: number }
  | { readonly type: 'collected'; readonly id: number; readonly snapshots: readonly ProcessSnapshot[] };
