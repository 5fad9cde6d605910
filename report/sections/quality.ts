import type { Difference, MetricValues, QualityEvidence } from '../../contracts/evidence/quality.ts';
import { qualityGateOf, type QualityGate } from '../../contracts/model/task.ts';
import { metricFacts, metricNames, type MetricName } from '../../contracts/model/tasks/metric-names.ts';
import { absent, formatFixed, formatInterval, formatNumber, formatPercent, formatSigned, inWords } from '../format.ts';
import { html } from '../html.ts';
import type { Html, Part } from '../html.ts';
import type { ReportInput } from '../input.ts';
import {
  checksTable,
  figure,
  legend,
  numberColumn,
  overview,
  plotColumn,
  section,
  table,
  textColumn,
} from '../elements.ts';
import { meansDiagram, reliabilityDiagram, rocCurve } from '../plots/curves.ts';
import { domainOf, dotStrip, intervalStrip, stripScale } from '../plots/strips.ts';
import type { IntervalMark } from '../plots/strips.ts';

type Gate = QualityGate;

/** Differences are drawn up to so many margins from zero. */
const mostMargins = 10;

export function qualitySection({ quality, definition, tables }: ReportInput): Html | null {
  if (quality === null) return null;
  const { verdict, rows, weight, champion, latency, candidate, roc, reliability, confusion, faults } = quality;
  const gate = qualityGateOf(definition, quality.task);
  const compared =
    champion === null ? 'there was no champion to compare with' : `compared with version ${champion} on the same rows`;
  return section({
    id: 'quality',
    title: 'Quality',
    status: verdict.status,
    lead: `${formatNumber(rows)} rows that were held out${weight === undefined ? '' : `, weighted by ${weight}`}; ${compared}. One row in ${formatNumber(latency.singleMs, 3)} ms, in batches ${formatNumber(latency.rowMicros, 3)} µs a row.`,
    content: [
      checksTable('quality', verdict),
      metricsTable(quality, gate),
      differencesTable(quality.differences, gate),
      html`<div class="figures">
        ${roc.length < 2 ? null : figure('ROC curve', rocCurve(roc, candidate.auc ?? null), `Area ${formatFixed(candidate.auc)}.`)}
        ${
          reliability.length === 0
            ? null
            : faults.kind === 'numbers'
              ? figure(
                  'Prediction and truth',
                  meansDiagram(reliability),
                  'Means of the truth by bins of equally many rows in the order of the prediction; on the dotted line they are equal.',
                )
              : figure(
                  'Reliability',
                  reliabilityDiagram(reliability, candidate.ece ?? null),
                  `On the dotted line the probabilities are right; larger points stand for more rows. ECE ${formatFixed(candidate.ece)}.`,
                )
        }
      </div>`,
      confusion === null ? null : confusionTable(confusion),
      slicesTable(quality),
      overview('How far the slices of a column are apart', tables.slices),
    ],
  });
}

/** Metrics that the task has, in the order in which they are shown. */
const shownMetrics = (values: MetricValues): MetricName[] => metricNames.filter((name) => values[name] !== undefined);

function metricsTable({ candidate, baseline, championMetrics }: QualityEvidence, { limits, primary }: Gate): Html {
  return table({
    caption: `Metrics on the held-out rows${baseline === null ? '' : `; the baseline is ${baseline.answer}`}`,
    columns: [
      textColumn('Metric'),
      numberColumn('Candidate'),
      numberColumn('Champion'),
      ...(baseline === null ? [] : [numberColumn('Baseline')]),
      numberColumn('Limit'),
      textColumn('Better'),
    ],
    rows: shownMetrics(candidate).map((metric) => [
      html`${inWords(metric)}${metric === primary ? html` <span class="aside">primary</span>` : null}`,
      formatFixed(candidate[metric]),
      formatFixed(championMetrics?.[metric]),
      ...(baseline === null ? [] : [formatFixed(baseline.metrics[metric])]),
      formatNumber(limits[metric]),
      metricFacts[metric].direction,
    ]),
  });
}

/** Turned so that more is better. */
function gainOf({ metric, estimate, lower, upper }: Difference): IntervalMark {
  return metricFacts[metric].direction === 'higher'
    ? { estimate, lower, upper }
    : { estimate: -estimate, lower: -upper, upper: -lower };
}

/** Every metric in units of its margin, so that one scale serves all; without a margin in units of its own interval. */
function inMargins(metric: MetricName, gain: IntervalMark, { margins }: Gate): IntervalMark {
  const unit = margins[metric] || Math.max(Math.abs(gain.lower), Math.abs(gain.upper)) || 1;
  return { estimate: gain.estimate / unit, lower: gain.lower / unit, upper: gain.upper / unit };
}

function differencesTable(differences: readonly Difference[], gate: Gate): Part {
  if (differences.length === 0) return null;
  const rows = differences.map((difference) => {
    const gain = gainOf(difference);
    return { metric: difference.metric, gain, drawn: inMargins(difference.metric, gain, gate) };
  });
  const reach = (bound: number) => Math.max(-mostMargins, Math.min(mostMargins, bound));
  const scale = stripScale([
    reach(Math.min(-1.6, ...rows.map(({ drawn }) => drawn.lower))),
    reach(Math.max(1.6, ...rows.map(({ drawn }) => drawn.upper))),
  ]);
  const toneOf = ({ lower, upper }: IntervalMark, limited: boolean) =>
    limited && lower < -1 ? 'fail' : lower > 0 ? 'pass' : upper < 0 ? 'warn' : 'plain';
  return [
    table({
      caption: 'Candidate minus champion, paired, turned so that more is better',
      columns: [
        textColumn('Metric'),
        plotColumn('Worse – better'),
        numberColumn('Gain'),
        numberColumn('Interval'),
        numberColumn('Margin'),
      ],
      rows: rows.map(({ metric, gain, drawn }) => {
        const margin = gate.margins[metric];
        const limit = margin === undefined ? [] : [{ value: -1, kind: 'limit' } as const];
        return [
          html`${inWords(metric)}${metric === gate.primary ? html` <span class="aside">primary</span>` : null}`,
          intervalStrip(
            scale,
            drawn,
            [{ value: 0, kind: 'zero' }, ...limit],
            toneOf(drawn, margin !== undefined),
            `Gain of ${inWords(metric)}: ${formatSigned(gain.estimate)}, ${formatInterval(gain, formatSigned)}, margin ${formatNumber(margin)}`,
          ),
          formatSigned(gain.estimate),
          formatInterval(gain, formatSigned),
          margin === undefined ? absent : formatNumber(-margin),
        ];
      }),
    }),
    html`<p class="note">
      Drawn in units of each metric’s margin. Thin line: no difference; dashed line: the margin, which the interval must
      not cross. An arrow goes on beyond the drawing.
    </p>`,
  ];
}

/** Labels whose answers are shown one by one. */
const mostLabels = 30;

/** Shares of the answers by true label, of the labels with the most rows. */
function confusionTable({ labels, rows }: NonNullable<QualityEvidence['confusion']>): Part {
  const totals = rows.map((counts) => counts.reduce((sum, count) => sum + count, 0));
  const shown = [...labels.keys()]
    .toSorted((a, b) => totals[b]! - totals[a]! || a - b)
    .slice(0, mostLabels)
    .toSorted((a, b) => a - b);
  const left = labels.length - shown.length;
  const share = (count: number, truth: number): Part =>
    html`${formatNumber(count)}
      <span class="aside">${formatPercent(totals[truth] === 0 ? null : count / totals[truth]!)}</span>`;
  return [
    table({
      caption: 'Answers by true label: rows, and their share of the label',
      columns: [
        textColumn('True label'),
        ...shown.map((label) => numberColumn(labels[label] ?? '')),
        ...(left > 0 ? [numberColumn('Others')] : []),
        numberColumn('Rows'),
      ],
      rows: shown.map((truth) => {
        const own = shown.map((answer) => rows[truth]![answer]!);
        const others = totals[truth]! - own.reduce((sum, count) => sum + count, 0);
        return [
          html`<code>${labels[truth] ?? ''}</code>`,
          ...own.map((count) => share(count, truth)),
          ...(left > 0 ? [share(others, truth)] : []),
          formatNumber(totals[truth]),
        ];
      }),
    }),
    left > 0
      ? html`<p class="note">The ${shown.length} labels with the most rows; ${left} others are left out.</p>`
      : null,
  ];
}

function slicesTable({ slices, candidate }: QualityEvidence): Part {
  const [first, second] = shownMetrics(slices[0]?.metrics ?? {});
  if (first === undefined) return null;
  const overall = candidate[first] ?? null;
  const values = slices.flatMap(({ metrics }) => metrics[first] ?? []);
  const scale = stripScale(domainOf([...values, overall ?? values[0] ?? 0.5], 0.1));
  const lines = overall === null ? [] : [{ value: overall, kind: 'champion' } as const];
  const name = inWords(first);
  return html`<h3>Slices</h3>
    ${legend([
      ['dot', `${name} in the slice`],
      ['rule', `${name} on all rows, ${formatFixed(overall)}`],
    ])}
    ${table({
      caption: 'Quality by slice',
      columns: [
        textColumn('Slice'),
        numberColumn('Rows'),
        plotColumn(capitalized(name)),
        numberColumn(capitalized(name)),
        ...(second === undefined ? [] : [numberColumn(second === 'auc' ? 'AUC' : capitalized(inWords(second)))]),
      ],
      rows: slices.map(({ column, value, rows, metrics }) => {
        const own = metrics[first] ?? null;
        return [
          html`<code>${column}</code> = ${value}`,
          formatNumber(rows),
          own === null
            ? absent
            : dotStrip(scale, own, `${capitalized(name)} where ${column} is ${value}: ${formatFixed(own)}`, lines),
          formatFixed(own),
          ...(second === undefined ? [] : [formatFixed(metrics[second])]),
        ];
      }),
    })}`;
}

const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
