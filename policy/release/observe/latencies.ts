import type { Arm } from '../../../contracts/release/arm.ts';
import { latencyBinOf, type LatencyStretch } from '../../../contracts/evidence/release.ts';
import { numberAt } from './earliest-rows.ts';
import type { CompactSegment } from './log-columns.ts';

/** Latencies of keys' first live requests, but for those that failed, by the share in force: within a share the arms have one mix of times. */
export class LatencyCounter {
  readonly #stretches = new Map<number, Record<Arm, Map<number, number>>>();

  /** Takes the first request of a key while both versions had a share. */
  add(segment: CompactSegment, row: number, share: number, arm: Arm): void {
    if (segment.isError[row] === 1) return;
    let arms = this.#stretches.get(share);
    if (arms === undefined) this.#stretches.set(share, (arms = { champion: new Map(), canary: new Map() }));
    const bin = latencyBinOf(numberAt(segment.ms, row));
    arms[arm].set(bin, (arms[arm].get(bin) ?? 0) + 1);
  }

  /** By share, ascending. */
  counts(): LatencyStretch[] {
    return [...this.#stretches]
      .toSorted(([a], [b]) => a - b)
      .map(([share, { champion, canary }]) => ({ share, champion: sorted(champion), canary: sorted(canary) }));
  }
}

const sorted = (bins: ReadonlyMap<number, number>): [number, number][] => [...bins].toSorted(([a], [b]) => a - b);
