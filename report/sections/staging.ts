import { formatDuration, formatNumber, formatPercent } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { checksTable, facts, numberColumn, plotColumn, section, table, textColumn } from '../elements.ts';
import { barStrip, stripScale } from '../plots/strips.ts';

export function stagingSection({ staging, definition }: ReportInput): Html | null {
  if (staging === null) return null;
  const { measurement, attempts, verdict } = staging;
  const { requests, errors, durationMs, offered, throughput, latencyMs, memoryMb, failures, machine } = measurement;
  const limit = definition.staging.maxP99Ms;
  const percentiles = [
    ['p50', latencyMs.p50],
    ['p95', latencyMs.p95],
    ['p99', latencyMs.p99],
    ['max', latencyMs.max],
  ] as const;
  const scale = stripScale([0, Math.max(limit * 1.1, latencyMs.p99 * 1.1, Math.min(latencyMs.max, limit * 2))]);
  return section({
    id: 'staging',
    title: 'Staging benchmark',
    status: verdict.status,
    lead: 'A second, real gateway process under open-loop load; latency counts from the time at which a request was to be sent.',
    content: [
      facts([
        ['requests', formatNumber(requests)],
        ['failed', `${formatNumber(errors)} (${formatPercent(requests === 0 ? null : errors / requests, 2)})`],
        ['offered', `${formatNumber(offered)} / s`],
        ['answered', `${formatNumber(throughput)} / s`],
        ['for', formatDuration(durationMs)],
        ['memory', `${formatNumber(memoryMb)} MiB`],
        ['measured', attempts === 1 ? 'once' : `${attempts} times`],
        ...(machine === null
          ? []
          : ([
              ['idle', formatPercent(machine.idle, 0)],
              ['other processes', formatPercent(machine.others, 0)],
              ['stolen by the host', formatPercent(machine.steal, 0)],
            ] as const)),
      ]),
      checksTable('staging', verdict),
      failures.length === 0
        ? ''
        : table({
            caption: 'First requests that failed',
            columns: [numberColumn('After, s'), numberColumn('Waiting'), textColumn('Answer')],
            rows: failures.map(({ afterMs, waiting, message }) => [
              formatNumber(afterMs / 1_000, 2),
              formatNumber(waiting),
              message,
            ]),
          }),
      table({
        caption: 'Latency percentiles',
        columns: [textColumn('Percentile'), plotColumn('Latency'), numberColumn('ms')],
        rows: percentiles.map(([name, ms]) => [
          name,
          barStrip(scale, ms, `${name}: ${formatNumber(ms, 3)} ms`, {
            lines: [{ value: limit, kind: 'limit' }],
            tone: name === 'p99' ? (ms > limit ? 'fail' : 'pass') : 'plain',
          }),
          formatNumber(ms, 3),
        ]),
      }),
      html`<p class="note">Dashed line: limit of p99, ${formatNumber(limit)} ms.</p>`,
    ],
  });
}
