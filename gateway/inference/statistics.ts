import type { Answered } from '../call/answered.ts';

/** What one version did since it is in memory; times in milliseconds. */
export class VersionStatistics {
  success = { count: 0, ms: 0 };
  fail = { count: 0, ms: 0 };
  queueMs = 0;
  modelMs = 0;
  rows = 0;
  cacheHits = 0;
  lastAt = 0;

  answered({ failed, at, ms, queueMs, modelMs, rows }: Answered): void {
    const outcome = failed ? this.fail : this.success;
    outcome.count += 1;
    outcome.ms += ms;
    this.queueMs += queueMs;
    this.modelMs += modelMs;
    if (!failed) this.rows += rows;
    this.lastAt = at;
  }
}

/** Statistics of one version in the words of the statistics extension of the Open Inference Protocol. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly last_inference: number;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Readonly<
    Record<
      'success' | 'fail' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output' | 'cache_hit' | 'cache_miss',
      { readonly count: number; readonly ns: number }
    >
  >;
}

const duration = (count: number, ms: number): { count: number; ns: number } => ({ count, ns: Math.round(ms * 1e6) });

export function modelStatistics(name: string, version: number, seen: VersionStatistics): ModelStatistics {
  const { count } = seen.success;
  return {
    name,
    version: String(version),
    last_inference: seen.lastAt,
    inference_count: seen.rows,
    execution_count: count,
    inference_stats: {
      success: duration(count, seen.success.ms),
      fail: duration(seen.fail.count, seen.fail.ms),
      queue: duration(count, seen.queueMs),
      compute_input: duration(count, 0),
      compute_infer: duration(count, seen.modelMs),
      compute_output: duration(count, 0),
      cache_hit: duration(seen.cacheHits, 0),
      cache_miss: duration(0, 0),
    },
  };
}
