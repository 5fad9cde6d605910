import type { Arm } from '../../../contracts/release/arm.ts';
import { eventKinds, type EventCounts, type EventKind } from '../../../contracts/evidence/release.ts';
import { EarliestRows, numberAt } from './earliest-rows.ts';
import { eventBits, ShareCounts, stratumOf } from './event-kinds.ts';
import { forEachFirst } from './first-rows.ts';
import type { ReleaseWindow } from './release-window.ts';
import type { CompactSegment } from './log-columns.ts';
import { shareOf } from './arm.ts';

/** With what else counts once per key: its first request that both versions answered. */
const kinds = [...eventKinds, 'pair'] as const;

/**
 * Each sticky key counts once per kind of event, by the share in force at that event, so that under "the versions do not
 * differ" the canary has it with exactly that chance. Shares of 0 and 1 say nothing about a difference: there a key counts
 * apart, and its first event under a real split is still to come.
 */
export class EventCounter {
  readonly #window: ReleaseWindow;
  /** By kind of event and stratum of the share: a tag is three times the number of the kind, and 0, 1 or 2. */
  readonly #first: EarliestRows;
  readonly #segments: readonly CompactSegment[];

  /** `expected` requests need little growth. */
  constructor(window: ReleaseWindow, segments: readonly CompactSegment[], expected: number) {
    this.#window = window;
    this.#segments = segments;
    this.#first = new EarliestRows(segments, expected);
  }

  fetch(lows: Uint32Array, begin: number, end: number): void {
    this.#first.fetch(lows, begin, end);
  }

  add(segment: CompactSegment, row: number, number: number, arm: Arm, isPositive: boolean | null): void {
    const stratum = stratumOf(shareOf(segment, row, arm));
    const bits = eventBits(segment, row, this.#window.slowMs, isPositive);
    for (let kind = 0; kind < eventKinds.length; kind += 1)
      if ((bits >> kind) & 1) this.#keep(kind, stratum, segment, row, number);
  }

  /** Takes a request that both versions answered. */
  addPair(segment: CompactSegment, row: number, number: number): void {
    this.#keep(kinds.indexOf('pair'), 0, segment, row, number);
  }

  /** Whether such a request came from the key of this one. */
  hasPair({ keyHigh, keyLow }: CompactSegment, row: number): boolean {
    const slot = this.#first.slotOf(3 * kinds.indexOf('pair'), numberAt(keyHigh, row), numberAt(keyLow, row));
    return this.#first.numberAt(slot) >= 0;
  }

  #keep(kind: number, stratum: number, segment: CompactSegment, row: number, number: number): void {
    const tag = 3 * kind + stratum;
    this.#first.add(tag, numberAt(segment.keyHigh, row), numberAt(segment.keyLow, row), number, row);
  }

  /** `onPair` hears of each key's first request that both versions answered, `onKey` of its first while both had a share. */
  count(
    onPair: (segment: CompactSegment, row: number) => void,
    onKey: (segment: CompactSegment, row: number, share: number, arm: Arm) => void,
  ): Record<EventKind, EventCounts[]> {
    const counted = eventKinds.map(() => new ShareCounts());
    const pairPlace = kinds.indexOf('pair');
    const keyPlace = kinds.indexOf('key');
    const log = { window: this.#window, segments: this.#segments };
    const bitOf = (tag: number): number => 1 << Math.floor(tag / 3);
    forEachFirst(this.#first, log, bitOf, ({ segment, row, bits, arm, share }) => {
      for (let kind = 0; kind < counted.length; kind += 1) if ((bits >> kind) & 1) counted[kind]?.add(share, arm);
      if ((bits >> keyPlace) & 1 && share > 0 && share < 1) onKey(segment, row, share, arm);
      if ((bits >> pairPlace) & 1) onPair(segment, row);
    });
    return Object.fromEntries(eventKinds.map((kind, i) => [kind, counted[i]?.sorted() ?? []])) as Record<
      EventKind,
      EventCounts[]
    >;
  }
}
