import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAnalyzeRelease } from '../../activities/release/analyze-release.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import { createOpenRelease } from '../../activities/release/open-release.ts';
import { createShiftTraffic } from '../../activities/release/shift-traffic.ts';
import { analysisEvidenceSchema } from '../../contracts/evidence/release.ts';
import { createPrometheusSource, type PrometheusOptions } from '../../ports/metric-source/prometheus.ts';
import { metricSourceSuite } from '../contracts/metric-source.suite.ts';
import { countersOf, prometheusOptions } from './fake-prometheus.ts';
import { elsewhere, startOtherPlatform } from '../support/other-platform.ts';
import { describeWith } from '../support/needs.ts';
import { patience } from '../support/patience.ts';
import { findPrometheus, startPrometheus, type PrometheusServer } from '../support/prometheus.ts';

const step = 15_000;
const last = 99;
/** Virtual time: sample k has the timestamp begin + k steps, which lies half an hour back. */
const begin = Math.floor(Date.now() / 1_000) * 1_000 - 30 * 60_000;
const at = (sample: number): number => begin + sample * step;
/** Between sample k and the one after it. */
const after = (sample: number): number => at(sample) + step / 2;

interface Pod {
  readonly labels: string;
  /** First sample; the pod's counters began at 0 just before it, unless it is sample 0. */
  readonly from: number;
  readonly to: number;
  readonly startsWith: number;
  /** Samples before which its process was started again. */
  readonly restarts: readonly number[];
}

const pods: readonly Pod[] = [
  { labels: 'version="1",pod="a"', from: 0, to: last, startsWith: 1_000_000, restarts: [] },
  { labels: 'version="1",pod="b"', from: 0, to: 60, startsWith: 5_000, restarts: [] },
  { labels: 'version="2",pod="c"', from: 0, to: last, startsWith: 700, restarts: [35] },
  { labels: 'version="2",pod="d"', from: 50, to: last, startsWith: 0, restarts: [] },
];
/** Samples at which no scrape worked. */
const lost = [20, 21, 22];
const exists = (pod: Pod, sample: number): boolean => sample >= pod.from && sample <= pod.to && !lost.includes(sample);

/** What a pod did between sample - 1 and sample. A restarted one does little, so that its counters are seen to fall. */
const requestsIn = (pod: Pod, sample: number): number => 40 + ((sample * 7 + pod.from) % 11) + (pod.to % 3);
const errorsIn = (pod: Pod, sample: number): number => (pod.labels.includes('"2"') ? 4 : 1) + (sample % 2);

function valueOf(pod: Pod, sample: number, grown: typeof requestsIn): number {
  let value = pod.startsWith;
  for (let index = Math.max(pod.from, 1); index <= sample; index++)
    value = (pod.restarts.includes(index) ? 0 : value) + grown(pod, index);
  return value;
}

/** What the pods of a version did between two samples, straight from what they did. */
function truth(version: string, grown: typeof requestsIn, first: number, until: number): number {
  let sum = 0;
  for (const pod of pods.filter(({ labels }) => labels.includes(`version="${version}"`)))
    for (let sample = first + 1; sample <= Math.min(until, pod.to); sample++)
      if (sample >= pod.from) sum += grown(pod, sample);
  return sum;
}

function exposition(scrape: number): string | null {
  if (scrape > last || lost.includes(scrape)) return null;
  const line = (name: string, labels: string, value: number | string): string =>
    `${name}{${labels}} ${value} ${at(scrape)}\n`;
  const lines = pods
    .filter((pod) => exists(pod, scrape))
    .map(
      (pod) =>
        line('served_total', pod.labels, valueOf(pod, scrape, requestsIn)) +
        line('failed_total', pod.labels, valueOf(pod, scrape, errorsIn)),
    );
  const odd =
    line('odd_total', 'version="1"', scrape) + line('odd_total', 'version="2"', scrape === 80 ? 'NaN' : scrape);
  const rare = scrape < 90 ? '' : line('rare_total', 'version="2"', 3);
  return lines.join('') + odd + rare;
}

const digest = `sha256:${'a'.repeat(64)}`;
const champion = { version: 1, digest };
const canary = { version: 2, digest };
const found = await findPrometheus();

if ('missing' in found) {
  describeWith(found.missing, 'counts from Prometheus', () => {
    test('need a Prometheus server', () => expect.unreachable());
  });
} else {
  metricSourceSuite('Prometheus itself', async (known) => {
    const counters = countersOf(known);
    const lastScrape = (known.end - known.begin) / known.interval;
    const server = await startPrometheus(
      found.binary,
      (scrape) =>
        scrape > lastScrape
          ? null
          : counters
              .map(({ name, version, samples }) => {
                const [time, value] = samples[scrape] ?? [0, 0];
                return `${name}{version="${version}"} ${value} ${time}\n`;
              })
              .join(''),
      patience(40),
    );
    await server.has(`served_total{version="2"} @ ${known.end / 1_000} == ${2 * lastScrape}`);
    return {
      source: createPrometheusSource('churn', prometheusOptions(server.url, known)),
      away: createPrometheusSource('churn', prometheusOptions('http://127.0.0.1:9', known)),
      close: () => server.close(),
    };
  });

  describe('counts from Prometheus', () => {
    let server: PrometheusServer;
    const source = (change: Partial<PrometheusOptions> = {}) =>
      createPrometheusSource('churn', {
        url: server.url,
        tokenFile: null,
        caFile: null,
        timeout: 10_000,
        requests: 'served_total{version="{version}"}',
        events: {
          error: { selector: 'failed_total{version="{version}"}', absent: 'error' },
          odd: { selector: 'odd_total{version="{version}"}', absent: 'error' },
          rare: { selector: 'rare_total{version="{version}"}', absent: 'zero' },
          everything: { selector: 'failed_total{version!="{version}0"}', absent: 'error' },
          rated: { selector: 'rate(failed_total{version="{version}"}[1m])', absent: 'error' },
        },
        lookback: 3_600_000,
        gap: 120_000,
        ...change,
      });
    const query = { event: 'error', champion, canary };

    beforeAll(async () => {
      server = await startPrometheus(found.binary, exposition, patience(40));
      await server.has(`failed_total{pod="a"} @ ${at(last) / 1_000} == ${valueOf(pods[0] as Pod, last, errorsIn)}`);
    });
    afterAll(() => server.close());

    test('are exact sums over restarts, lost scrapes, and pods that come and go', async () => {
      const windows = [
        { from: after(2), to: after(40) },
        { from: after(40), to: after(70) },
        { from: after(70), to: at(last) },
      ];
      const counts = await source().counts({ ...query, windows });
      const expected = [
        [3, 40],
        [41, 70],
        [71, last],
      ].map(([first = 0, until = 0]) => ({
        champion: { events: truth('1', errorsIn, first, until), requests: truth('1', requestsIn, first, until) },
        canary: { events: truth('2', errorsIn, first, until), requests: truth('2', requestsIn, first, until) },
      }));
      expect(counts).toEqual(expected.map((arms, index) => ({ window: windows[index], ...arms })));
    });

    test('are not those of increase(), which extrapolates', async () => {
      const asked = new URLSearchParams({
        query: `sum(increase(failed_total{version="2"}[${after(70) - after(40)}ms]))`,
        time: String(after(70) / 1_000),
      });
      const answer = (await (await fetch(`${server.url}/api/v1/query?${asked.toString()}`)).json()) as {
        data: { result: { value: [number, string] }[] };
      };
      const increase = Number(answer.data.result[0]?.value[1]);
      const [exact] = await source().counts({ ...query, windows: [{ from: after(40), to: after(70) }] });
      expect(increase).not.toBe(exact?.canary.events);
      expect(increase).not.toBe(Math.round(increase));
    });

    test('give what reaches over a boundary to neither window', async () => {
      const windows = [
        { from: after(2), to: after(20) },
        { from: after(20), to: after(30) },
      ];
      const [first, second] = await source().counts({ ...query, windows });
      // Scrapes 20 to 22 were lost: the increment from 19 to 23 is in part of the first window.
      expect(first?.champion.requests).toBe(truth('1', requestsIn, 3, 19));
      expect(second?.champion.requests).toBe(truth('1', requestsIn, 23, 30));
    });

    test('count a counter that is made at its first event from zero, if told that it may be absent', async () => {
      const [count] = await source().counts({ ...query, event: 'rare', windows: [{ from: after(2), to: at(last) }] });
      expect([count?.champion.events, count?.canary.events]).toEqual([0, 3]);
    });

    const whole = [{ from: after(2), to: at(last) }];
    test.each([
      [
        'a missing counter',
        'error',
        { requests: 'no_such_total{version="{version}"}' },
        'MissingMetricsError',
        'absent: zero',
      ],
      [
        'scrapes that were lost for too long',
        'error',
        { gap: 45_000 },
        'MissingMetricsError',
        'not sampled for 60000 ms',
      ],
      ['a value that is not a number', 'odd', {}, 'MissingMetricsError', 'NaN'],
      ['an event without a selector', 'slow', {}, 'InvalidConfigError', '"slow"'],
      ['a selector that is none', 'rated', {}, 'InvalidConfigError', 'plain selector'],
      ['selectors that do not tell the arms apart', 'everything', {}, 'InvalidConfigError', 'tell the versions apart'],
      [
        'an address where no Prometheus is',
        'error',
        { url: 'http://127.0.0.1:9' },
        'MissingMetricsError',
        'gave no answer',
      ],
    ])('say so, and are never zero, for %s', async (_, event, change, name, message) => {
      const counting = source(change).counts({ ...query, event, windows: whole });
      await expect(counting).rejects.toMatchObject({ name, message: expect.stringContaining(message) as string });
    });

    test('are what a release on another platform is judged by: its burning canary is rolled back', async () => {
      let now = after(2);
      const platform = await startOtherPlatform(() => now);
      try {
        const ports = { ...platform.ports, metricSource: () => source() };
        const request = { model: elsewhere.model, version: 2 };
        const opened = await createOpenRelease(ports)({ request, holder: 'release/elsewhere/1' });
        if (opened.status !== 'open') throw new Error('the record is free');
        const { plan } = opened;
        const to = { kind: 'canary', share: 0.5 } as const;
        await createShiftTraffic(ports)({ plan, to, actor: plan.holder, reason: 'canary of version 2' });
        const since = now;
        now = at(last);
        const analysis = await createAnalyzeRelease(ports)({
          plan,
          phase: 'canary',
          step: 0,
          since,
          skip: [],
          acknowledged: [],
        });
        expect([analysis.decision, analysis.fired]).toEqual(['rollback', ['errors']]);
        if (analysis.evidence === null) throw new Error('no evidence was kept');
        const { observation } = await loadDocument(ports.store, analysisEvidenceSchema, analysis.evidence);
        // A minute, four samples, is left out at both ends for the canary.
        const [champion, canary] = [truth('1', errorsIn, 3, last), truth('2', errorsIn, 7, last - 4)];
        expect(observation.metrics).toMatchObject({
          asked: ['error'],
          events: { error: [{ share: 0.5, champion, canary }] },
          requests: [{ share: 0.5, champion: truth('1', requestsIn, 3, last) }],
          stepRequests: truth('2', requestsIn, 7, last - 4),
          missing: null,
        });
      } finally {
        await platform.close();
      }
    });

    test('refuse a stretch that no longer is sampled', async () => {
      const windows = [{ from: after(60), to: at(last) + 200_000 }];
      await expect(source().counts({ ...query, windows })).rejects.toMatchObject({ name: 'MissingMetricsError' });
    });
  });
}
