import type { ArmCounts, EventCounts, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { EarliestRows, numberAt, textAt } from './earliest.ts';
import type { ReleaseWindow } from './port.ts';
import { feedbackRow, mirrorRow, predictionRow, type CompactSegment } from './read-compact.ts';
import { labelText } from './same-label.ts';

type Side = 'champion' | 'canary';
const eventKinds = ['key', 'error', 'slow', 'positive', 'negative'] as const;
type EventKind = (typeof eventKinds)[number];

/**
 * What a release's records say: a pure function of the set of records, whatever their order; of records with one id the
 * earliest counts. The side is the version that answered, not the arm: during the bake the canary is the champion's arm.
 */
export function observeRelease(window: ReleaseWindow, segments: readonly CompactSegment[]): ReleaseObservation {
  const rows = earliestRows(window, segments);
  const positives = codesOf(segments, labelText(window.positive));
  const arms = { champion: new ArmTally(window.slowMs), canary: new ArmTally(window.slowMs) };
  const events = new EventTally(window, segments);
  const pairs = new PairTally(window);
  const instances = new Map<string, { instance: string; requests: number; errors: number }>();
  let stepRequests = 0;
  for (const [number, marks] of rows.marks((kind) => Number(kind === predictionRow)).entries()) {
    const segment = segments[number];
    if (segment === undefined) continue;
    for (let row = 0; row < segment.rows; row += 1) {
      const side = marks[row] === 1 ? sideOf(window, numberAt(segment.version, row)) : null;
      if (side === null) continue;
      const isPositive = segment.label[row] === positives[number];
      arms[side].add(segment, row, isPositive);
      events.add(segment, row, number, side, isPositive);
      if (side === 'canary' && numberAt(segment.at, row) >= window.stepSince) stepRequests += 1;
      pairs.add(rows, segments, segment, row);
      const name = textAt(segment.texts, segment.instance, row) ?? '';
      let instance = instances.get(name);
      if (instance === undefined) instances.set(name, (instance = { instance: name, requests: 0, errors: 0 }));
      instance.requests += 1;
      if (segment.isError[row] === 1) instance.errors += 1;
    }
  }
  return {
    arms: { champion: arms.champion.counts(), canary: arms.canary.counts() },
    stepRequests,
    events: events.counts(),
    mirrored: pairs.mirrored,
    paired: pairs.paired,
    instances: [...instances.values()].toSorted((a, b) => (a.instance < b.instance ? -1 : 1)),
  };
}

/** The number of a text in each segment; -2, which no row has, where it is not there. */
const codesOf = (segments: readonly CompactSegment[], text: string): number[] =>
  segments.map(({ texts }) => {
    const code = texts.indexOf(text);
    return code < 0 ? -2 : code;
  });

/** By kind: predictions and copies of this release by its two versions, and all labels. */
function earliestRows(window: ReleaseWindow, segments: readonly CompactSegment[]): EarliestRows {
  const releases = codesOf(segments, window.release);
  const earliest = new EarliestRows(
    segments,
    segments.reduce((sum, { rows }) => sum + rows, 0),
  );
  for (const [number, { rows, kind, at, version, release, idHigh, idLow }] of segments.entries()) {
    const ours = releases[number];
    for (let row = 0; row < rows; row += 1) {
      const rowKind = numberAt(kind, row);
      if (
        rowKind === feedbackRow ||
        (release[row] === ours &&
          numberAt(at, row) >= window.since &&
          (version[row] === window.canary || version[row] === window.champion))
      )
        earliest.add(rowKind, numberAt(idHigh, row), numberAt(idLow, row), number, row);
    }
  }
  return earliest;
}

function sideOf(window: ReleaseWindow, version: number): Side | null {
  if (version === window.canary) return 'canary';
  return version === window.champion ? 'champion' : null;
}

class ArmTally {
  readonly #slowMs: number;
  #ms = new Float64Array(1_024);
  #requests = 0;
  #errors = 0;
  #slow = 0;
  #positives = 0;

  constructor(slowMs: number) {
    this.#slowMs = slowMs;
  }

  add(segment: CompactSegment, row: number, isPositive: boolean): void {
    const ms = numberAt(segment.ms, row);
    if (this.#requests === this.#ms.length) {
      const longer = new Float64Array(2 * this.#ms.length);
      longer.set(this.#ms);
      this.#ms = longer;
    }
    this.#ms[this.#requests] = ms;
    this.#requests += 1;
    if (segment.isError[row] === 1) this.#errors += 1;
    if (ms > this.#slowMs) this.#slow += 1;
    if (isPositive) this.#positives += 1;
  }

  counts(): ArmCounts {
    const sorted = this.#ms.subarray(0, this.#requests).sort();
    return {
      requests: sorted.length,
      errors: this.#errors,
      slow: this.#slow,
      positives: this.#positives,
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
    };
  }
}

/** Nearest rank: the smallest value that at least a share `q` of the values do not exceed. Null of nothing. */
export function quantile(sorted: Float64Array, q: number): number | null {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

/**
 * Each sticky key counts once per kind of event, by the share in force at that event, so that under "the versions do not
 * differ" the canary has it with exactly that chance. Shares of 0 and 1 say nothing about a difference: there a key counts
 * apart, and its first event under a real split is still to come.
 */
class EventTally {
  readonly #window: ReleaseWindow;
  /** By kind of event and stratum of the share: a tag is three times the number of the kind, and 0, 1 or 2. */
  readonly #first: EarliestRows;
  readonly #segments: readonly CompactSegment[];

  constructor(window: ReleaseWindow, segments: readonly CompactSegment[]) {
    this.#window = window;
    this.#segments = segments;
    this.#first = new EarliestRows(segments, 65_536);
  }

  add(segment: CompactSegment, row: number, number: number, side: Side, isPositive: boolean): void {
    const share = shareOf(segment, row, side);
    const stratum = share <= 0 ? 0 : share >= 1 ? 1 : 2;
    this.#keep('key', stratum, segment, row, number);
    if (numberAt(segment.ms, row) > this.#window.slowMs) this.#keep('slow', stratum, segment, row, number);
    if (segment.isError[row] === 1) this.#keep('error', stratum, segment, row, number);
    else if (numberAt(segment.label, row) >= 0)
      this.#keep(isPositive ? 'positive' : 'negative', stratum, segment, row, number);
  }

  #keep(kind: EventKind, stratum: number, segment: CompactSegment, row: number, number: number): void {
    const tag = 3 * eventKinds.indexOf(kind) + stratum;
    this.#first.add(tag, numberAt(segment.keyHigh, row), numberAt(segment.keyLow, row), number, row);
  }

  counts(): Record<EventKind, EventCounts[]> {
    const counted = eventKinds.map(() => new ShareCounts());
    for (const [number, marks] of this.#first.marks((tag) => 1 << Math.floor(tag / 3)).entries()) {
      const segment = this.#segments[number];
      if (segment === undefined) continue;
      for (let row = 0; row < segment.rows; row += 1) {
        const side = marks[row] === 0 ? null : sideOf(this.#window, numberAt(segment.version, row));
        if (side === null) continue;
        const share = shareOf(segment, row, side);
        for (let kind = 0; kind < counted.length; kind += 1)
          if (((marks[row] ?? 0) >> kind) & 1) counted[kind]?.add(share, side);
      }
    }
    return Object.fromEntries(eventKinds.map((kind, i) => [kind, counted[i]?.sorted() ?? []])) as Record<
      EventKind,
      EventCounts[]
    >;
  }
}

class ShareCounts {
  readonly #counts: EventCounts[] = [];
  #last: EventCounts = { share: NaN, champion: 0, canary: 0 };

  add(share: number, side: Side): void {
    if (this.#last.share !== share) this.#last = this.#of(share);
    this.#last[side] += 1;
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

/** After promotion all traffic is the canary's, whose arm is then the champion's and the logged share 0. */
const shareOf = (segment: CompactSegment, row: number, side: Side): number =>
  side === 'canary' && segment.isCanary[row] !== 1 ? 1 : numberAt(segment.share, row);

interface RowOf {
  readonly segment: CompactSegment;
  readonly row: number;
}

/** Requests that both versions answered; `errors` and `slow` are the canary's. */
class PairTally {
  readonly mirrored = { requests: 0, errors: 0, slow: 0, agree: 0 };
  readonly paired = { labels: 0, championRight: 0, canaryRight: 0, worse: 0, better: 0 };
  readonly #window: ReleaseWindow;

  constructor(window: ReleaseWindow) {
    this.#window = window;
  }

  /** Takes an answer, where there is a copy that the other version answered. */
  add(rows: EarliestRows, segments: readonly CompactSegment[], segment: CompactSegment, row: number): void {
    const mirror = sameId(rows, segments, mirrorRow, segment, row);
    if (mirror === null || mirror.segment.version[mirror.row] === segment.version[row]) return;
    this.#pair({ segment, row }, mirror, sameId(rows, segments, feedbackRow, segment, row));
  }

  #pair(prediction: RowOf, mirror: RowOf, truth: RowOf | null): void {
    const ofCanary = prediction.segment.version[prediction.row] === this.#window.canary;
    const [champion, canary] = ofCanary ? [mirror, prediction] : [prediction, mirror];
    this.mirrored.requests += 1;
    if (isError(canary)) this.mirrored.errors += 1;
    if (numberAt(canary.segment.ms, canary.row) > this.#window.slowMs) this.mirrored.slow += 1;
    if (isError(champion) || isError(canary)) return;
    const [championLabel, canaryLabel] = [labelOf(champion), labelOf(canary)];
    if (championLabel !== null && championLabel === canaryLabel) this.mirrored.agree += 1;
    if (truth === null || championLabel === null || canaryLabel === null) return;
    const label = labelOf(truth);
    const [championRight, canaryRight] = [championLabel === label, canaryLabel === label];
    this.paired.labels += 1;
    if (championRight) this.paired.championRight += 1;
    if (canaryRight) this.paired.canaryRight += 1;
    if (championRight && !canaryRight) this.paired.worse += 1;
    if (!championRight && canaryRight) this.paired.better += 1;
  }
}

const isError = ({ segment, row }: RowOf): boolean => segment.isError[row] === 1;
const labelOf = ({ segment, row }: RowOf): string | null => textAt(segment.texts, segment.label, row);

/** The row of that kind with the same id. */
function sameId(
  rows: EarliestRows,
  segments: readonly CompactSegment[],
  kind: number,
  of: CompactSegment,
  row: number,
): RowOf | null {
  const slot = rows.slotOf(kind, numberAt(of.idHigh, row), numberAt(of.idLow, row));
  const number = rows.numberAt(slot);
  const segment = number < 0 ? undefined : segments[number];
  return segment === undefined ? null : { segment, row: rows.rowAt(slot) };
}
