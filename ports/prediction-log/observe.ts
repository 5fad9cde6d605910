import type { ArmCounts, EventCounts, ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { FeedbackRecord, MirrorRecord, PredictionRecord } from '../../contracts/prediction-log.ts';
import { earlier, keepEarliest, sameLabel } from './by-id.ts';
import type { CompactSegment } from './compact.ts';
import type { ReleaseWindow } from './port.ts';

type Prediction = Omit<PredictionRecord, 'inputs'>;
type Side = 'champion' | 'canary';
const eventKinds = ['key', 'error', 'slow', 'positive', 'negative'] as const;
type EventKind = (typeof eventKinds)[number];

/**
 * What a release's records say: a pure function of the set of records, whatever their order; of records with one id the
 * earliest counts. The side is the version that answered, not the arm: during the bake the canary is the champion's arm.
 */
export function observeRelease(window: ReleaseWindow, segments: readonly CompactSegment[]): ReleaseObservation {
  const predictions = new Map<string, Prediction>();
  const mirrors = new Map<string, MirrorRecord>();
  const feedback = new Map<string, FeedbackRecord>();
  for (const segment of segments) {
    for (const record of segment.predictions)
      if (record.release === window.release && record.at >= window.since && sideOf(window, record.version) !== null)
        keepEarliest(predictions, record);
    for (const record of segment.mirrors)
      if (record.release === window.release && record.at >= window.since && sideOf(window, record.version) !== null)
        keepEarliest(mirrors, record);
    for (const record of segment.feedback) keepEarliest(feedback, record);
  }
  const arms = { champion: new ArmTally(window), canary: new ArmTally(window) };
  const events = new EventTally(window);
  const pairs = new PairTally(window);
  const instances = new Map<string, { instance: string; requests: number; errors: number }>();
  let stepRequests = 0;
  for (const record of predictions.values()) {
    const side = record.version === window.canary ? 'canary' : 'champion';
    arms[side].add(record);
    events.add(record, side);
    if (side === 'canary' && record.at >= window.stepSince) stepRequests += 1;
    const mirror = mirrors.get(record.id);
    if (mirror !== undefined && mirror.version !== record.version)
      pairs.add(record, mirror, feedback.get(record.id)?.label ?? null);
    const instance = instances.get(record.instance) ?? { instance: record.instance, requests: 0, errors: 0 };
    instance.requests += 1;
    if (record.error !== null) instance.errors += 1;
    instances.set(record.instance, instance);
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

function sideOf(window: ReleaseWindow, version: number): Side | null {
  if (version === window.canary) return 'canary';
  return version === window.champion ? 'champion' : null;
}

class ArmTally {
  readonly #window: ReleaseWindow;
  readonly #ms: number[] = [];
  #errors = 0;
  #slow = 0;
  #positives = 0;

  constructor(window: ReleaseWindow) {
    this.#window = window;
  }

  add(record: Prediction): void {
    this.#ms.push(record.ms);
    if (record.error !== null) this.#errors += 1;
    if (record.ms > this.#window.slowMs) this.#slow += 1;
    if (sameLabel(record.label, this.#window.positive)) this.#positives += 1;
  }

  counts(): ArmCounts {
    const sorted = Float64Array.from(this.#ms).sort();
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
  readonly #first = new Map<EventKind, Map<string, { record: Prediction; side: Side; share: number }>>(
    eventKinds.map((kind) => [kind, new Map()]),
  );

  constructor(window: ReleaseWindow) {
    this.#window = window;
  }

  add(record: Prediction, side: Side): void {
    // After promotion all traffic is the canary's, whose arm is then the champion's and the logged share 0.
    const share = side === 'canary' && record.arm === 'champion' ? 1 : record.share;
    this.#keep('key', record, side, share);
    if (record.ms > this.#window.slowMs) this.#keep('slow', record, side, share);
    if (record.error !== null) this.#keep('error', record, side, share);
    else if (record.label !== null)
      this.#keep(sameLabel(record.label, this.#window.positive) ? 'positive' : 'negative', record, side, share);
  }

  #keep(kind: EventKind, record: Prediction, side: Side, share: number): void {
    const first = this.#first.get(kind);
    const stratum = share <= 0 ? '0' : share >= 1 ? '1' : 'split';
    const key = `${stratum}/${record.key}`;
    const known = first?.get(key);
    if (known === undefined || earlier(record, known.record)) first?.set(key, { record, side, share });
  }

  counts(): Record<EventKind, EventCounts[]> {
    const counted = eventKinds.map((kind): [EventKind, EventCounts[]] => {
      const byShare = new Map<number, EventCounts>();
      for (const { side, share } of this.#first.get(kind)?.values() ?? []) {
        const counts = byShare.get(share) ?? { share, champion: 0, canary: 0 };
        counts[side] += 1;
        byShare.set(share, counts);
      }
      return [kind, [...byShare.values()].toSorted((a, b) => a.share - b.share)];
    });
    return Object.fromEntries(counted) as Record<EventKind, EventCounts[]>;
  }
}

/** Requests that both versions answered; `errors` and `slow` are the canary's. */
class PairTally {
  readonly mirrored = { requests: 0, errors: 0, slow: 0, agree: 0 };
  readonly paired = { labels: 0, championRight: 0, canaryRight: 0, worse: 0, better: 0 };
  readonly #window: ReleaseWindow;

  constructor(window: ReleaseWindow) {
    this.#window = window;
  }

  add(record: Prediction, mirror: MirrorRecord, truth: string | number | null): void {
    const [champion, canary] = record.version === this.#window.canary ? [mirror, record] : [record, mirror];
    this.mirrored.requests += 1;
    if (canary.error !== null) this.mirrored.errors += 1;
    if (canary.ms > this.#window.slowMs) this.mirrored.slow += 1;
    if (champion.error !== null || canary.error !== null) return;
    if (sameLabel(champion.label, canary.label)) this.mirrored.agree += 1;
    if (truth === null || champion.label === null || canary.label === null) return;
    const championRight = sameLabel(champion.label, truth);
    const canaryRight = sameLabel(canary.label, truth);
    this.paired.labels += 1;
    if (championRight) this.paired.championRight += 1;
    if (canaryRight) this.paired.canaryRight += 1;
    if (championRight && !canaryRight) this.paired.worse += 1;
    if (!championRight && canaryRight) this.paired.better += 1;
  }
}
