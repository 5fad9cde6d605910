import type {
  EventCounts,
  MetricKind,
  ObservedMetrics,
  ObservedSegment,
  ReleaseObservation,
} from '../../../contracts/evidence/release.ts';
import { ofCanary, type EventTrials } from '../../../ml/sequential/event-non-inferiority.ts';

/** Counts of requests of one kind of event by a metric source; absent ones are missing. */
export interface MetricCounts {
  readonly events: readonly EventCounts[];
  /** Since each start of the bake that has passed. */
  readonly bake: readonly (readonly EventCounts[])[];
  readonly requests: readonly EventCounts[];
}

/** First events per key by the prediction log, of all traffic or of a segment, and what the metric source says. */
export interface SeenEvents extends Pick<ReleaseObservation, 'metrics'> {
  readonly events: ObservedSegment['events'];
}

/** Events of a hotfix, of all traffic or of a segment, and how many keys (or requests) they are of. */
export interface HotfixEvents extends SeenEvents {
  readonly trials: (kind: MetricKind) => number;
}

/** What the guards of a kind of event are judged by where the model's metric source knows it; null where the prediction log is. */
export function metricCounts({ metrics }: Pick<SeenEvents, 'metrics'>, kind: MetricKind): MetricCounts | null {
  if (!asks(metrics, kind)) return null;
  const { events, bake, requests } = metrics;
  return { events: events[kind] ?? [], bake: bake.map((counts) => counts[kind] ?? []), requests };
}

/** Trials of a promotion's proof, and why there are none where they are missing. */
export interface MetricTrials extends EventTrials {
  readonly missing: string | null;
}

/**
 * What a promotion's proof about a kind of event goes by where the metric source knows the kind: requests and those with an event, by
 * share, counted over times that speak against the canary. Null where the prediction log is to be asked.
 */
export function metricTrials({ metrics }: Pick<SeenEvents, 'metrics'>, kind: MetricKind): MetricTrials | null {
  if (!asks(metrics, kind)) return null;
  const events = metrics.proof.events[kind];
  if (events === undefined)
    return { events: [], keys: [], missing: metrics.missing ?? 'the metric source does not say why' };
  return { events, keys: metrics.proof.requests, missing: null };
}

/** Counts of a kind of event by share in force: requests by the metric source, else first events of keys by the prediction log. */
export const countsOf = (seen: SeenEvents, kind: MetricKind): readonly EventCounts[] =>
  metricCounts(seen, kind)?.events ?? seen.events[kind];

/** `rate of keys with <what> <limit>`, or of requests where the metric source counts them; "slow" is then what it says. */
export function rateEstimand(seen: Pick<SeenEvents, 'metrics'>, kind: MetricKind, what: string, limit: string): string {
  if (!asks(seen.metrics, kind)) return `rate of keys with ${what} ${limit}`;
  return `rate of requests with ${kind === 'slow' ? 'a slow answer' : what} ${limit} (by the metric source)`;
}

/** Requests and slow answers of the canary, by who counts them. */
export function slowOfCanary(seen: ReleaseObservation): { slow: number; requests: number } {
  const counted = metricCounts(seen, 'slow');
  if (counted === null) return seen.arms.canary;
  return { slow: ofCanary(counted.events), requests: ofCanary(counted.requests) };
}

export const asks = (metrics: ObservedMetrics | undefined, kind: MetricKind): metrics is ObservedMetrics =>
  metrics?.asked.includes(kind) === true;
