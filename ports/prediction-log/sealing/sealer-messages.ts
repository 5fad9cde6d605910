import type { SealedLog } from '../port.ts';

export interface SealRequest {
  readonly framed: string;
  readonly parquet: string;
}

export type SealReply =
  | { readonly kind: 'sealed'; readonly sealed: SealedLog }
  | { readonly kind: 'failed'; readonly message: string; readonly type: string | null };
