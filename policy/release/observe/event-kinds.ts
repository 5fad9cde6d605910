import type { Arm } from '../../../contracts/release/arm.ts';
import { eventKinds, type EventCounts } from '../../../contracts/evidence/release.ts';
import { numberAt } from './earliest-rows.ts';
import type { CompactSegment } from './log-columns.ts';

const keyBit = 1 << eventKinds.indexOf('key');
const positiveBit = 1 << eventKinds.indexOf('positive');
const negativeBit = 1 << eventKinds.indexOf('negative');
export const errorBit = 1 << eventKinds.indexOf('error');
export const slowBit = 1 << eventKinds.indexOf('slow');

/** What a request is an event of: a bit by place in `eventKinds`. One with an error has no label; `isPositive` is null where labels are not two. */
export function eventBits(segment: CompactSegment, row: number, slowMs: number, isPositive: boolean | null): number {
  const bits = keyBit | (numberAt(segment.ms, row) > slowMs ? slowBit : 0);
  if (segment.isError[row] === 1) return bits | errorBit;
  if (isPositive === null || numberAt(segment.label, row) < 0) return bits;
  return bits | (isPositive ? positiveBit : negativeBit);
}

/** Shares of 0 and 1 say nothing about a difference: a key counts apart there, and again under a real split. */
export const stratumOf = (share: number): number => (share <= 0 ? 0 : share >= 1 ? 1 : 2);

/** Events by the share in force and the version that answered. */
export class ShareCounts {
  readonly #counts: EventCounts[] = [];
  #last: EventCounts = { share: NaN, champion: 0, canary: 0 };

  add(share: number, arm: Arm): void {
    if (this.#last.share !== share) this.#last = this.#of(share);
    this.#last[arm] += 1;
  }

  sorted(): EventCounts[] {
    return this.#counts.toSorted((a, b) => a.share - b.share);
  }

  #of(share: number): EventCounts {
    const known = this.#counts.find((counts) => counts.share === share);
    if (known !== undefined) return known;
    const counts = { share, champion: 0, canary: 0 };
    this.#counts.push(counts);
    return counts;
  }
}
