import { MissingMetricsError, PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { checkWindows } from '../../ports/metric-source/check-windows.ts';
import type { ArmIncrements, MetricSource, Window } from '../../ports/metric-source/port.ts';

/** One request that a version answered, with the kinds of event that it was. */
export interface Answered {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly version: number;
  readonly kinds: readonly string[];
}

export interface ScrapedMetrics {
  /** May grow between analyses. */
  readonly answered: readonly Answered[];
  /** Kinds of event that it knows. */
  readonly events: readonly string[];
  /** Milliseconds between two readings of a version's counters. */
  readonly interval: number;
  /** When a version's counters are read, modulo the interval. @default 0 */
  readonly offsetOf?: (version: number) => number;
  /** @default the interval */
  readonly settleMs?: number;
  /** What it says instead of counts of a kind. */
  readonly missing?: (kind: string) => string | null;
}

/**
 * A metric source in memory: counters are read at instants of their own by version, and what came between two readings belongs to
 * the window that holds both, as with every scraped counter.
 */
export function createScrapedSource(metrics: ScrapedMetrics): MetricSource {
  const { answered, events, interval, offsetOf = () => 0, settleMs = interval, missing = () => null } = metrics;
  const increments = (version: number, event: string, { from, to }: Window): ArmIncrements => {
    const offset = offsetOf(version);
    const seen = answered.filter(({ at, version: by }) => {
      const read = Math.ceil((at - offset) / interval) * interval + offset;
      return by === version && read - interval >= from && read <= to;
    });
    return { requests: seen.length, events: seen.filter(({ kinds }) => kinds.includes(event)).length };
  };
  return {
    events,
    settleMs,
    async counts({ event, champion, canary, windows }) {
      checkWindows(windows);
      if (!events.includes(event)) throw new PawlError(errorTypes.invalidConfig, `no event "${event}"`, { event });
      const why = missing(event);
      if (why !== null) throw new MissingMetricsError(why);
      return windows.map((window) => ({
        window,
        champion: increments(champion.version, event, window),
        canary: increments(canary.version, event, window),
      }));
    },
  };
}
