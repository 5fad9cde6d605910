import type {
  EventCounts,
  Guard,
  MetricKind,
  ObservedMetrics,
  ObservedSegment,
  ReleaseObservation,
} from '../../../contracts/evidence/release.ts';
import type { GuardName, ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check, Status } from '../../../contracts/verdict.ts';
import { ofCanary, type EventTrials } from '../../../ml/sequential/event-non-inferiority.ts';
import { check, enough, missingWords } from '../../check.ts';

/** The kind of event that a guard judges, where a metric source may count it. */
const kindOf: Partial<Record<string, MetricKind>> = {
  errors: 'error',
  slow: 'slow',
  positives: 'positive',
  negatives: 'negative',
  bakeErrors: 'error',
  bakeSlow: 'slow',
};

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
export function rateWords(seen: Pick<SeenEvents, 'metrics'>, kind: MetricKind, what: string, limit: string): string {
  if (!asks(seen.metrics, kind)) return `rate of keys with ${what} ${limit}`;
  return `rate of requests with ${kind === 'slow' ? 'a slow answer' : what} ${limit} (by the metric source)`;
}

/** Requests and slow answers of the canary, by who counts them. */
export function slowOfCanary(seen: ReleaseObservation): { slow: number; requests: number } {
  const counted = metricCounts(seen, 'slow');
  if (counted === null) return seen.arms.canary;
  return { slow: ofCanary(counted.events), requests: ofCanary(counted.requests) };
}

const asks = (metrics: ObservedMetrics | undefined, kind: MetricKind): metrics is ObservedMetrics =>
  metrics?.asked.includes(kind) === true;

/** Whether the canary has answered enough in its step, by who counts its requests. */
export function stepRequestsCheck(
  { metrics, stepRequests }: ReleaseObservation,
  least: number,
  missing: Status,
): Check {
  const counted = metrics === undefined ? stepRequests : metrics.stepRequests;
  const name = 'canary.requests';
  if (counted !== null) return enough(name, counted, least, 'requests of the canary', missing);
  const said = `requests of the canary are not known, and at least ${least} are needed`;
  return check(name, missing, null, least, `${said}: ${missingWords[missing]}`);
}

/** What the metric source did not say though guards that have a part of alpha need it; `missing`: what that does, by guard. */
export function metricChecks(
  { metrics }: ReleaseObservation,
  guards: readonly Guard[],
  missing: (guard: GuardName) => Status,
): Check[] {
  return guards.flatMap(({ name, alpha, segment }) => {
    const kind = kindOf[name];
    // Segments are judged by the prediction log.
    if (
      segment !== undefined ||
      alpha === 0 ||
      kind === undefined ||
      !asks(metrics, kind) ||
      metrics.events[kind] !== undefined
    )
      return [];
    const status = missing(name as GuardName);
    const said = `the metric source has no counts for the guard "${name}" (${metrics.missing ?? 'it does not say why'})`;
    return [check(`metrics.${name}`, status, null, null, `${said}: ${missingWords[status]}`)];
  });
}

/**
 * A metric source compares two arms, so that it sees nothing where the version before has no share. That is said from the beginning
 * of a release on, as long as the bake can still be avoided; a hotfix, which never has a holdback, goes on with a warning.
 */
export function unseenBake(
  { metrics }: ReleaseObservation,
  policy: ReleasePolicy,
  hotfix: boolean,
  missing: (guard: GuardName) => Status,
): Check[] {
  const bakes = hotfix || policy.mode === 'canary' || policy.mode === 'blueGreen';
  if (!bakes || (policy.holdback > 0 && !hotfix) || !asks(metrics, 'error')) return [];
  if (hotfix)
    return [check('metrics.bake', 'warn', null, null, 'the bake of a hotfix is not seen by the metric source')];
  const status = missing('bakeErrors');
  const said = 'without a holdback the metric source sees nothing of the bake: set `holdback` above 0';
  return [check('metrics.bake', status, policy.holdback, null, `${said} (${missingWords[status]})`)];
}
