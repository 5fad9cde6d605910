import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { Counter } from '../../gateway/metrics/counter.ts';
import { defineCounter, defineGauge, defineHistogram } from '../../gateway/metrics/definitions.ts';
import { createGatewayMetrics } from '../../gateway/metrics/gateway-metrics.ts';
import { Histogram, traceIdOf } from '../../gateway/metrics/histogram.ts';
import { mostLabelSets } from '../../gateway/metrics/label-tree.ts';
import { mergeSnapshots } from '../../gateway/metrics/merge.ts';
import { ReadMetric } from '../../gateway/metrics/read-metric.ts';
import { renderMetrics, type MetricsFormat } from '../../gateway/metrics/render.ts';
import type { MetricsSnapshot, ValueFamily } from '../../gateway/metrics/snapshot.ts';
import { noPython, pythonVenv } from '../support/python.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

/** A gateway's metrics after some of everything. */
function busy() {
  const metrics = createGatewayMetrics();
  const champion = metrics.model('tiny', 1, 'champion');
  const quick = { failed: false, ms: 4.5, modelMs: 1, queueMs: 0.2, batchRows: 8 };
  champion.answered({ ...quick, trace: `00-${trace}-00f067aa0ba902b7-01` });
  const cached = { failed: false, ms: 0.05, modelMs: 0, queueMs: 0, batchRows: 1, trace: null };
  champion.answered(cached);
  champion.answered({ ...cached, failed: true, ms: 30_000, batchRows: 0 });
  champion.cacheHit();
  champion.cacheMiss();
  metrics.model('a "b"\\c\nd', 2, 'canary').answered({ ...cached, ms: 2, modelMs: 1, trace: 'no trace' });
  metrics.refused('', 'HttpError', 404);
  metrics.mirrored('tiny', 2, 'ok');
  metrics.mirrorDropped('tiny', 2, 'queue full');
  metrics.feedback('tiny', 3);
  metrics.logRefused('tiny');
  metrics.unlogged('tiny');
  metrics.logSynced(0.003);
  metrics.observe([
    new ReadMetric(defineGauge('pawl_deployment_seq', 'Sequence\nnumber \\ "n".', ['model']), () => [
      [{ model: 'tiny' }, 7],
    ]),
  ]);
  return metrics;
}

const family = (snapshot: MetricsSnapshot, name: string): MetricsSnapshot[number] => {
  const found = snapshot.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no metric ${name}`);
  return found;
};
const valuesOf = (snapshot: MetricsSnapshot, name: string): ValueFamily['series'] =>
  (family(snapshot, name) as ValueFamily).series;

describe('the metrics of a gateway', () => {
  it('count a request where it belongs, in cumulative buckets', () => {
    const lines = renderMetrics(busy().snapshot(), 'prometheus').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'pawl_requests_total{model="tiny",version="1",arm="champion",outcome="ok"} 2',
        'pawl_requests_total{model="tiny",version="1",arm="champion",outcome="error"} 1',
        'pawl_requests_total{model="a \\"b\\"\\\\c\\nd",version="2",arm="canary",outcome="error"} 0',
        'pawl_request_seconds_bucket{model="tiny",version="1",arm="champion",outcome="ok",le="0.0001"} 1',
        'pawl_request_seconds_bucket{model="tiny",version="1",arm="champion",outcome="ok",le="0.004"} 1',
        'pawl_request_seconds_bucket{model="tiny",version="1",arm="champion",outcome="ok",le="0.005"} 2',
        'pawl_request_seconds_bucket{model="tiny",version="1",arm="champion",outcome="ok",le="+Inf"} 2',
        'pawl_request_seconds_bucket{model="tiny",version="1",arm="champion",outcome="error",le="10.0"} 0',
        'pawl_request_seconds_bucket{model="tiny",version="1",arm="champion",outcome="error",le="+Inf"} 1',
        'pawl_model_seconds_count{model="tiny",version="1",arm="champion",outcome="ok"} 1',
        'pawl_batch_rows_bucket{model="tiny",version="1",arm="champion",le="8.0"} 1',
        'pawl_cache_total{model="tiny",version="1",arm="champion",result="hit"} 1',
        'pawl_refused_total{model="",reason="HttpError",status="404"} 1',
        'pawl_mirrored_total{model="tiny",version="2",outcome="ok"} 1',
        'pawl_mirror_dropped_total{model="tiny",version="2",reason="queue full"} 1',
        'pawl_feedback_total{model="tiny"} 3',
        'pawl_log_errors_total{model="tiny"} 1',
        'pawl_unlogged_total{model="tiny"} 1',
        'pawl_log_sync_seconds_count 1',
        '# HELP pawl_deployment_seq Sequence\\nnumber \\\\ "n".',
        'pawl_deployment_seq{model="tiny"} 7',
      ]),
    );
  });

  it('say which trace a slow request had, in OpenMetrics alone', () => {
    const snapshot = busy().snapshot();
    const exemplars = renderMetrics(snapshot, 'openmetrics')
      .split('\n')
      .filter((line) => line.includes(' # '));
    expect(exemplars).toHaveLength(1);
    expect(exemplars[0]).toMatch(
      new RegExp(`^pawl_request_seconds_bucket\\{.*le="0.005"\\} 2 # \\{trace_id="${trace}"\\} 0.0045 \\d+\\.\\d{3}$`),
    );
    expect(renderMetrics(snapshot, 'prometheus')).not.toContain(trace);
  });

  it.each([
    [`00-${trace}-00f067aa0ba902b7-01`, trace],
    [`01-${trace}-00f067aa0ba902b7-01-later`, trace],
    [trace, trace],
    [trace.toUpperCase(), null],
    [`${trace}"} 1\npawl_fake 1`, null],
    ['', null],
  ])('take of the trace context %j the id %j', (text, id) => {
    expect(traceIdOf(text)).toBe(id);
  });

  it('tell of the process it runs in', async () => {
    const before = createGatewayMetrics().snapshot();
    const [user] = valuesOf(before, 'pawl_process_cpu_seconds_total');
    expect(user?.value).toBeGreaterThan(0);
    expect(valuesOf(before, 'pawl_process_resident_memory_bytes')[0]?.value).toBeGreaterThan(1e6);
    expect(valuesOf(before, 'pawl_build_info')[0]?.labels).toMatchObject({ node: process.versions.node });
    expect(valuesOf(before, 'pawl_event_loop_utilization')[0]?.value).toBeGreaterThanOrEqual(0);
  });

  it('see that the event loop was blocked, and go on seeing it after a scrape', async () => {
    const metrics = createGatewayMetrics();
    const longest = (): number => valuesOf(metrics.snapshot(), 'pawl_event_loop_delay_max_seconds')[0]?.value ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const end = performance.now() + 300;
    while (performance.now() < end);
    expect(longest()).toBeGreaterThan(0.25);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(longest()).toBeGreaterThan(0.25);
  });

  it('count everything under "other" where there are too many label sets', () => {
    const counter = new Counter(defineCounter('many_total', 'Many.', ['name']));
    for (let n = 0; n < mostLabelSets + 50; n++) counter.add(1, `n${n}`);
    counter.add(1, 'n0');
    const { series } = counter.snapshot();
    expect(series).toHaveLength(mostLabelSets + 1);
    expect(series.at(0)).toEqual({ labels: { name: 'n0' }, value: 2 });
    expect(series.at(-1)).toEqual({ labels: { name: 'other' }, value: 50 });
  });

  it('let clients who ask for models that do not exist push no known model aside', () => {
    const metrics = createGatewayMetrics();
    for (let n = 0; n < 5_000; n++) metrics.refused(`guess-${n}`, 'unknown model', 404);
    metrics.model('tiny', 1, 'champion');
    metrics.refused('tiny', 'shed', 503);
    const series = valuesOf(metrics.snapshot(), 'pawl_refused_total');
    expect(series.length).toBeLessThan(200);
    expect(series).toContainEqual({ labels: { model: 'tiny', reason: 'shed', status: 503 }, value: 1 });
    expect(series.reduce((sum, { value }) => sum + value, 0)).toBe(5_001);
  });
});

describe('the metrics of several processes', () => {
  it('add up where they count, and name the process where they do not', () => {
    const [a, b] = [busy(), busy()];
    b.model('tiny', 1, 'champion').answered({
      failed: false,
      ms: 4.5,
      modelMs: 1,
      queueMs: 0,
      batchRows: 1,
      trace: null,
    });
    const merged = mergeSnapshots([
      { process: 'g-0', snapshot: a.snapshot() },
      { process: 'g-1', snapshot: b.snapshot() },
    ]);
    const lines = renderMetrics(merged, 'prometheus').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'pawl_requests_total{model="tiny",version="1",arm="champion",outcome="ok"} 5',
        'pawl_request_seconds_bucket{model="tiny",version="1",arm="champion",outcome="ok",le="0.005"} 5',
        'pawl_feedback_total{model="tiny"} 6',
        'pawl_deployment_seq{model="tiny",process="g-0"} 7',
        'pawl_deployment_seq{model="tiny",process="g-1"} 7',
      ]),
    );
    expect(lines.filter((line) => line.startsWith('pawl_build_info{'))).toHaveLength(1);
  });

  it('keep the latest trace of each bucket, and series that one process alone has', () => {
    const at = (trace: string, when: number, label: string): MetricsSnapshot => {
      const exemplars = [{ trace, value: 1, at: when }, null];
      const series = [{ labels: { label }, counts: [1, 0], sum: 1, exemplars }];
      return [{ kind: 'histogram', name: 'h', help: '', scope: 'sum', bounds: [1], series }];
    };
    const merge = (...snapshots: MetricsSnapshot[]) =>
      mergeSnapshots(snapshots.map((snapshot, n) => ({ process: `${n}`, snapshot })));
    expect(merge(at('new', 2, 'x'), at('old', 1, 'x'), at('other', 1, 'y'))).toEqual([
      {
        ...at('', 0, '')[0],
        series: [
          { labels: { label: 'x' }, counts: [2, 0], sum: 2, exemplars: [{ trace: 'new', value: 1, at: 2 }, null] },
          { labels: { label: 'y' }, counts: [1, 0], sum: 1, exemplars: [{ trace: 'other', value: 1, at: 1 }, null] },
        ],
      },
    ]);
  });
});

/** Prints `[[sample name, labels, value, exemplar], ...]` by family, as the parsers of the Prometheus project read the page. */
const parser = `
import json, sys
from prometheus_client import parser, openmetrics
from prometheus_client.openmetrics import parser as openparser
read = openparser if sys.argv[1] == 'openmetrics' else parser
page = sys.stdin.buffer.read().decode('utf-8')
json.dump([{'name': f.name, 'type': f.type, 'help': f.documentation,
  'samples': [[s.name, s.labels, str(float(s.value)), s.exemplar and [s.exemplar.labels, s.exemplar.value]] for s in f.samples]}
  for f in read.text_string_to_metric_families(page)], sys.stdout)
`;
interface Parsed {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly [string, Record<string, string>, string, [Record<string, string>, number] | null][];
}

describe("Prometheus's own parsers", () => {
  let python: string | null = null;
  beforeAll(async () => {
    python = await pythonVenv(['prometheus-client==0.23.1']);
  });

  const parse = async (format: MetricsFormat, page: string): Promise<Parsed[]> => {
    const child = spawn(python ?? '', ['-c', parser, format], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(page);
    return JSON.parse(await text(child.stdout)) as Parsed[];
  };

  it.for(['prometheus', 'openmetrics'] as const)('read the page as %s text', async (format, { skip }) => {
    if (python === null) skip(noPython);
    const odd = new ReadMetric(defineGauge('odd', 'Odd.', ['kind']), () => [
      [{ kind: 'nan' }, Number.NaN],
      [{ kind: 'inf' }, Number.POSITIVE_INFINITY],
      [{ kind: 'small' }, 1e-7],
      [{ kind: 'large' }, 1e21],
    ]);
    const empty = new Histogram(defineHistogram('empty_seconds', 'Nothing yet.'), [1]);
    const metrics = busy();
    metrics.observe([odd, empty]);
    const families = await parse(format, renderMetrics(metrics.snapshot(), format));
    const samples = families.flatMap((one) => one.samples);
    const valueOf = (name: string, labels: object): string | undefined =>
      samples.find(([called, has]) => called === name && JSON.stringify(has) === JSON.stringify(labels))?.[2];
    const tiny = { model: 'tiny', version: '1', arm: 'champion', outcome: 'ok' };
    expect(families).toHaveLength(metrics.snapshot().length);
    expect(new Set(families.map(({ type }) => type))).toEqual(new Set(['counter', 'gauge', 'histogram']));
    expect(valueOf('pawl_requests_total', tiny)).toBe('2.0');
    expect(valueOf('pawl_requests_total', { model: 'a "b"\\c\nd', version: '2', arm: 'canary', outcome: 'ok' })).toBe(
      '1.0',
    );
    expect(valueOf('pawl_request_seconds_bucket', { ...tiny, le: '0.005' })).toBe('2.0');
    expect(['nan', 'inf', 'small', 'large'].map((kind) => valueOf('odd', { kind }))).toEqual([
      'nan',
      'inf',
      '1e-07',
      '1e+21',
    ]);
    expect(families.find(({ name }) => name === 'pawl_deployment_seq')?.help).toBe('Sequence\nnumber \\ "n".');
    const exemplars = samples.flatMap(([, , , exemplar]) => (exemplar === null ? [] : [exemplar]));
    expect(exemplars).toEqual(format === 'openmetrics' ? [[{ trace_id: trace }, 0.0045]] : []);
  });
});
