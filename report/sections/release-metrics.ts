import type { Arm } from '../../contracts/release/arm.ts';
import { metricKinds, totalOf, type EventCounts, type ReleaseObservation } from '../../contracts/evidence/release.ts';
import { absent, formatNumber } from '../format.ts';
import { html } from '../html.ts';
import type { Part } from '../html.ts';
import { numberColumn, table, textColumn } from '../elements.ts';

const titles = { error: 'Errors', slow: 'Slow', positive: 'Positive', negative: 'Negative' } as const;

/** What the model's metric source said, where it has one. */
export function releaseMetrics({ metrics }: ReleaseObservation): Part {
  if (metrics === undefined) return null;
  const sum = (counts: readonly EventCounts[], arm: Arm): string => formatNumber(totalOf(counts, arm));
  const row = (title: string, counts: readonly EventCounts[] | undefined): Part[] =>
    counts === undefined ? [title, absent, absent] : [title, sum(counts, 'champion'), sum(counts, 'canary')];
  const kinds = metricKinds.filter((kind) => metrics.asked.includes(kind));
  return [
    table({
      caption: 'Requests by the metric source, while traffic was shared',
      columns: [textColumn('What'), numberColumn('Champion'), numberColumn('Candidate')],
      rows: [
        row('Requests', metrics.stepRequests === null ? undefined : metrics.requests),
        ...kinds.map((kind) => row(titles[kind], metrics.events[kind])),
      ],
    }),
    metrics.missing === null ? null : html`<p class="note">The metric source did not say all: ${metrics.missing}</p>`,
  ];
}
