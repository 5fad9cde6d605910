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
  const arms = { champion: new ArmTally(window), canary: new ArmTally(window) };
  const events = new EventTally(window, segments);
  const pairs = new PairTally(window);
  const instances = new Map<string, { instance: string; requests: number; errors: number }>();
  let stepRequests = 0;
  rows.forEach((segment, row, kind, number) => {
    if (kind !== predictionRow) return;
    const side = sideOf(window, numberAt(segment.version, row));
    if (side === null) return;
    arms[side].add(segment, row);
    events.add(segment, row, number, side);
    if (side === 'canary' && numberAt(segment.at, row) >= window.stepSince) stepRequests += 1;
    const mirror = rows.sameId(mirrorRow, segment, row);
    if (mirror !== null && mirror.segment.version[mirror.row] !== segment.version[row])
      pairs.add({ segment, row }, mirror, rows.sameId(feedbackRow, segment, row));
    const name = textAt(segment.texts, segment.instance, row) ?? '';
    const instance = instances.get(name) ?? { instance: name, requests: 0, errors: 0 };
    instance.requests += 1;
    if (segment.isError[row] === 1) instance.errors += 1;
    instances.set(name, instance);
  });
  return {
    arms: { champion: arms.champion.counts(), canary: arms.canary.counts() },
    stepRequests,
    events: events.counts(),
    mirrored: pairs.mirrored,
    paired: pairs.paired,
    instances: [...instances.values()].toSorted((a, b) => (a.instance < b.instance ? -1 : 1)),
  };
}

/** By kind: predictions and copies of this release by its two versions, and all labels. */
function earliestRows(window: ReleaseWindow, segments: readonly CompactSegment[]): EarliestRows {
  const earliest = new EarliestRows(segments, 'id');
  for (const [number, segment] of segments.entries()) {
    const { rows, kind, at, version, release } = segment;
    const wanted = segment.texts.indexOf(window.release);
    for (let row = 0; row < rows; row += 1) {
      const ours =
        release[row] === wanted &&
        wanted >= 0 &&
        numberAt(at, row) >= window.since &&
        sideOf(window, numberAt(version, row)) !== null;
      if (ours || kind[row] === feedbackRow) earliest.add(numberAt(kind, row), number, row);
    }
  }
  return earliest;
}

function sideOf(window: ReleaseWindow, version: number): Side | null {
  if (version === window.canary) return 'canary';
  return version === window.champion ? 'champion' : null;
}

class ArmTally {
  readonly #window: ReleaseWindow;
  #ms = new Float64Array(1_024);
  #requests = 0;
  #errors = 0;
  #slow = 0;
  #positives = 0;

  constructor(window: ReleaseWindow) {
    this.#window = window;
  }

  add(segment: CompactSegment, row: number): void {
    const ms = numberAt(segment.ms, row);
    if (this.#requests === this.#ms.length) {
      const longer = new Float64Array(2 * this.#ms.length);
      longer.set(this.#ms);
      this.#ms = longer;
    }
    this.#ms[this.#requests] = ms;
    this.#requests += 1;
    if (segment.isError[row] === 1) this.#errors += 1;
    if (ms > this.#window.slowMs) this.#slow += 1;
    if (textAt(segment.texts, segment.label, row) === labelText(this.#window.positive)) this.#positives += 1;
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

  constructor(window: ReleaseWindow, segments: readonly CompactSegment[]) {
    this.#window = window;
    this.#first = new EarliestRows(segments, 'key');
  }

  add(segment: CompactSegment, row: number, number: number, side: Side): void {
    const share = shareOf(segment, row, side);
    const stratum = share <= 0 ? 0 : share >= 1 ? 1 : 2;
    const keep = (kind: EventKind): void => this.#first.add(3 * eventKinds.indexOf(kind) + stratum, number, row);
    keep('key');
    if (numberAt(segment.ms, row) > this.#window.slowMs) keep('slow');
    const label = textAt(segment.texts, segment.label, row);
    if (segment.isError[row] === 1) keep('error');
    else if (label !== null) keep(label === labelText(this.#window.positive) ? 'positive' : 'negative');
  }

  counts(): Record<EventKind, EventCounts[]> {
    const counted = eventKinds.map(() => new Map<number, EventCounts>());
    this.#first.forEach((segment, row, tag) => {
      const side = sideOf(this.#window, numberAt(segment.version, row));
      const byShare = counted[Math.floor(tag / 3)];
      if (side === null || byShare === undefined) return;
      const share = shareOf(segment, row, side);
      const counts = byShare.get(share) ?? { share, champion: 0, canary: 0 };
      counts[side] += 1;
      byShare.set(share, counts);
    });
    return Object.fromEntries(
      eventKinds.map((kind, i) => [kind, [...(counted[i]?.values() ?? [])].toSorted((a, b) => a.share - b.share)]),
    ) as Record<EventKind, EventCounts[]>;
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

  add(prediction: RowOf, mirror: RowOf, truth: RowOf | null): void {
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
