import type { Arm } from '../../../contracts/release/arm.ts';
import { eventKinds, type EventKind, type ObservedSegment } from '../../../contracts/evidence/release.ts';
import type { SegmentWindow } from '../../../contracts/release/segment-window.ts';
import { missingGroup } from '../../../ml/fairness/groups.ts';
import { EarliestRows, numberAt } from './earliest-rows.ts';
import { eventBits, ShareCounts, slowBit, stratumOf } from './event-kinds.ts';
import { forEachFirst } from './first-rows.ts';
import { GroupNames } from './group-names.ts';
import type { ReleaseWindow } from './release-window.ts';
import type { CompactSegment } from './log-columns.ts';
import { shareOf } from './arm.ts';

const strata = 3;

/**
 * As `EventCounter`, in each segment of the traffic: a key counts once per kind of event and segment, so that one whose value
 * changes counts in each. One table for all segments, since a row is in one of them at most.
 */
export class SegmentCounter {
  readonly #window: ReleaseWindow;
  readonly #judged: SegmentWindow;
  readonly #segments: readonly CompactSegment[];
  readonly #names: GroupNames;
  /** By number of a text, the place of its segment; of segments that were read together. */
  readonly #places = new WeakMap<readonly string[], Int32Array>();
  readonly #missing: number;
  /** Kinds that count, by their place in `eventKinds`. */
  readonly #counted: readonly number[];
  /** A tag is the place of the segment, the kind and the stratum of the share in one number. */
  readonly #first: EarliestRows;
  readonly #seen: Omit<ObservedSegment, 'events'>[];

  constructor(window: ReleaseWindow, judged: SegmentWindow, segments: readonly CompactSegment[]) {
    this.#window = window;
    this.#judged = judged;
    this.#segments = segments;
    this.#names = new GroupNames(judged.part);
    this.#missing = this.#placeOf(missingGroup);
    this.#counted = eventKinds.flatMap((kind, place) => (kind === 'key' && judged.keys !== true ? [] : [place]));
    this.#first = new EarliestRows(segments, 65_536);
    this.#seen = judged.segments.map(({ segment }) => ({
      segment,
      requests: { champion: 0, canary: 0 },
      slow: { champion: 0, canary: 0 },
    }));
  }

  add(segment: CompactSegment, row: number, number: number, arm: Arm, isPositive: boolean | null): void {
    const place = this.#placeAt(segment, row);
    const seen = place < 0 ? undefined : this.#seen[place];
    if (seen === undefined) return;
    const bits = eventBits(segment, row, this.#window.slowMs, isPositive);
    seen.requests[arm] += 1;
    if ((bits & slowBit) !== 0) seen.slow[arm] += 1;
    const stratum = stratumOf(shareOf(segment, row, arm));
    for (const kind of this.#counted) {
      if (((bits >> kind) & 1) === 0) continue;
      const tag = (place * eventKinds.length + kind) * strata + stratum;
      this.#first.add(tag, numberAt(segment.keyHigh, row), numberAt(segment.keyLow, row), number, row);
    }
  }

  counts(): ObservedSegment[] {
    const events = this.#judged.segments.map(() => eventKinds.map(() => new ShareCounts()));
    const kindOf = (tag: number): number => Math.floor(tag / strata) % eventKinds.length;
    const log = { window: this.#window, segments: this.#segments };
    const bitOf = (tag: number): number => 1 << kindOf(tag);
    forEachFirst(this.#first, log, bitOf, ({ segment, row, bits, arm, share }) => {
      const kinds = events[this.#placeAt(segment, row)];
      for (const kind of this.#counted) if ((bits >> kind) & 1) kinds?.[kind]?.add(share, arm);
    });
    return this.#seen.map((seen, place) => {
      const of = (kind: EventKind) => events[place]?.[eventKinds.indexOf(kind)]?.sorted() ?? [];
      return {
        ...seen,
        events: {
          error: of('error'),
          slow: of('slow'),
          positive: of('positive'),
          negative: of('negative'),
          ...(this.#judged.keys === true ? { key: of('key') } : {}),
        },
      };
    });
  }

  /** Place of the row's segment among those that are judged; -1 where it is in none. */
  #placeAt(segment: CompactSegment, row: number): number {
    const code = segment.inputs.get(this.#judged.part.column)?.[row] ?? -1;
    return code < 0 ? this.#missing : (this.#placesOf(segment.texts)[code] ?? -1);
  }

  #placesOf(texts: readonly string[]): Int32Array {
    const known = this.#places.get(texts);
    if (known !== undefined) return known;
    const made = Int32Array.from(this.#names.of(texts), (name) => this.#placeOf(name));
    this.#places.set(texts, made);
    return made;
  }

  #placeOf(group: string): number {
    return this.#judged.segments.findIndex((one) => one.group === group);
  }
}
