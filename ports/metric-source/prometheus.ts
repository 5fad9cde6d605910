import { MissingMetricsError, PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { checkWindows } from './check-windows.ts';
import { incrementsOf, longestGap, type LastSample } from './increments.ts';
import type { ArmVersion, CountsQuery, MetricSource, Window } from './port.ts';
import { lastValues, rawSamples, type PrometheusApi } from './prometheus-api.ts';

export interface PrometheusOptions extends PrometheusApi {
  /** Selector of the counter of requests of a version, with `{version}`. */
  readonly requests: string;
  /** Per kind of event, its counter; `absent`: what it means that there is none. */
  readonly events: Readonly<Record<string, { readonly selector: string; readonly absent: 'error' | 'zero' }>>;
  /** Milliseconds before the first window in which a counter's last value counts as its start. */
  readonly lookback: number;
  /** Longest time, in milliseconds, without a sample of an arm's requests. */
  readonly gap: number;
}

/** Samples of at most so many milliseconds are held in memory at once. */
const stretch = 6 * 3_600_000;

/**
 * Exact counts from Prometheus: the samples as they were scraped, summed here. `increase()` is not used, since it extrapolates
 * to the window's ends and leaves the first value of a new counter out.
 */
export function createPrometheusSource(model: string, options: PrometheusOptions): MetricSource {
  const selectorOf = (template: string, { version, digest }: ArmVersion): string =>
    template
      .replaceAll('{model}', model)
      .replaceAll('{version}', String(version))
      .replaceAll('{digest}', digest.replace(/^sha256:/, ''));

  async function arm(version: ArmVersion, query: CountsQuery) {
    const event = options.events[query.event];
    if (event === undefined)
      throw new PawlError(
        errorTypes.invalidConfig,
        `metricSources.${model} knows no event "${query.event}": add its selector to \`events\` in temporal.yaml`,
        { model, event: query.event },
      );
    const requests = await read(selectorOf(options.requests, version), query.windows);
    checkGap(requests);
    const events = await read(selectorOf(event.selector, version), query.windows);
    if (events.keys.size === 0 && event.absent === 'error') throw absent(events.selector);
    return { requests, events };
  }

  function checkGap({ selector, gap, keys }: Reading): void {
    if (keys.size === 0) throw absent(selector);
    if (gap > options.gap)
      throw new MissingMetricsError(
        `${selector} was not sampled for ${gap} ms: look at Prometheus' targets, or set \`gap\` of metricSources.${model} to at least twice its scrape interval`,
      );
  }

  const absent = (selector: string): MissingMetricsError =>
    new MissingMetricsError(
      `Prometheus at ${options.url} has no ${selector}: look at its targets and at the selector in metricSources.${model}; where the counter is made at its first event, set \`absent: zero\``,
    );

  async function read(selector: string, windows: readonly Window[]): Promise<Reading> {
    const from = windows[0]?.from ?? 0;
    const to = windows.at(-1)?.to ?? 0;
    const before = await lastValues(options, selector, options.lookback, from);
    // It was sampled at or before `from`: what grew until the first sample after it is partly older than the window.
    const lastSamples = new Map<string, LastSample>([...before].map(([key, value]) => [key, { at: from - 1, value }]));
    const counts = windows.map(() => 0);
    const times = new Set<number>([...(before.size > 0 ? [from] : []), to]);
    for (let start = from; start < to; start += stretch) {
      const series = await rawSamples(options, selector, start, Math.min(start + stretch, to));
      for (const [index, grown] of incrementsOf(series, windows, lastSamples).entries())
        counts[index] = (counts[index] ?? 0) + grown;
      for (const { samples } of series) for (const [at] of samples) times.add(at);
    }
    return { selector, counts, gap: longestGap(times), keys: new Set(lastSamples.keys()) };
  }

  return {
    events: Object.keys(options.events),
    // `gap` is at least twice the scrape interval.
    settleMs: Math.ceil(options.gap / 2),
    async counts(query) {
      checkWindows(query.windows);
      const champion = await arm(query.champion, query);
      const canary = await arm(query.canary, query);
      for (const [one, other] of [
        [champion.requests, canary.requests],
        [champion.events, canary.events],
      ] as const)
        for (const key of one.keys)
          if (other.keys.has(key))
            throw new PawlError(
              errorTypes.invalidConfig,
              `${one.selector} and ${other.selector} select the same counter ${key}: the selectors in metricSources.${model} must tell the versions apart by a label`,
              { model },
            );
      return query.windows.map((window, index) => ({
        window,
        champion: incrementsAt(champion, index),
        canary: incrementsAt(canary, index),
      }));
    },
  };
}

interface Reading {
  readonly selector: string;
  /** Per window. */
  readonly counts: readonly number[];
  /** Longest time without a sample of any of the counters, up to the end of the last window, in milliseconds. */
  readonly gap: number;
  /** The counters that were found. */
  readonly keys: ReadonlySet<string>;
}

const incrementsAt = ({ requests, events }: { requests: Reading; events: Reading }, index: number) => ({
  events: events.counts[index] ?? 0,
  requests: requests.counts[index] ?? 0,
});
