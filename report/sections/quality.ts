import type { Difference, QualityEvidence } from '../../contracts/evidence/quality.ts';
import { metricNames } from '../../contracts/model/model-definition.ts';
import type { MetricName, ModelDefinition } from '../../contracts/model/model-definition.ts';
import { metricDirection } from '../../ml/metrics/binary.ts';
import { absent, formatFixed, formatInterval, formatNumber, formatSigned, inWords } from '../format.ts';
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
import { reliabilityDiagram, rocCurve } from '../plots/curves.ts';
import { domainOf, dotStrip, intervalStrip, stripScale } from '../plots/strips.ts';
import type { IntervalMark } from '../plots/strips.ts';

type Gate = ModelDefinition['quality'];

/** Differences are drawn up to so many margins from zero. */
const mostMargins = 10;

export function qualitySection({ quality, definition, tables }: ReportInput): Html | null {
  if (quality === null) return null;
  const { verdict, rows, champion, latency, candidate, roc, reliability } = quality;
  const compared =
    champion === null ? 'there was no champion to compare with' : `compared with version ${champion} on the same rows`;
  return section({
    id: 'quality',
    title: 'Quality',
    status: verdict.status,
    lead: `${formatNumber(rows)} rows that were held out; ${compared}. One row in ${formatNumber(latency.singleMs, 3)} ms, in batches ${formatNumber(latency.rowMicros, 3)} µs a row.`,
    content: [
      checksTable('quality', verdict),
      metricsTable(quality, definition.quality),
      differencesTable(quality.differences, definition.quality),
      html`<div class="figures">
        ${roc.length < 2 ? null : figure('ROC curve', rocCurve(roc, candidate.auc), `Area ${formatFixed(candidate.auc)}.`)}
        ${
          reliability.length === 0
            ? null
            : figure(
                'Reliability',
                reliabilityDiagram(reliability, candidate.ece),
                `On the dotted line the probabilities are right; larger points stand for more rows. ECE ${formatFixed(candidate.ece)}.`,
              )
        }
      </div>`,
      slicesTable(quality),
      overview('How far the slices of a column are apart', tables.slices),
    ],
  });
}

function metricsTable({ candidate, championMetrics }: QualityEvidence, { limits, primary }: Gate): Html {
  return table({
    caption: 'Metrics on the held-out rows',
    columns: [
      textColumn('Metric'),
      numberColumn('Candidate'),
      numberColumn('Champion'),
      numberColumn('Limit'),
      textColumn('Better'),
    ],
    rows: metricNames.map((metric) => [
      html`${inWords(metric)}${metric === primary ? html` <span class="aside">primary</span>` : null}`,
      formatFixed(candidate[metric]),
      formatFixed(championMetrics?.[metric]),
      formatNumber(limits[metric]),
      metricDirection(metric),
    ]),
  });
}

/** Turned so that more is better. */
function gainOf({ metric, estimate, lower, upper }: Difference): IntervalMark {
  return metricDirection(metric) === 'higher'
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

function slicesTable({ slices, candidate }: QualityEvidence): Part {
  if (slices.length === 0) return null;
  const overall = candidate.accuracy;
  const scale = stripScale(domainOf([...slices.map(({ accuracy }) => accuracy), overall ?? 0.5], 0.1));
  const lines = overall === null ? [] : [{ value: overall, kind: 'champion' } as const];
  return html`<h3>Slices</h3>
    ${legend([
      ['dot', 'accuracy in the slice'],
      ['rule', `accuracy on all rows, ${formatFixed(overall)}`],
    ])}
    ${table({
      caption: 'Quality by slice',
      columns: [
        textColumn('Slice'),
        numberColumn('Rows'),
        plotColumn('Accuracy'),
        numberColumn('Accuracy'),
        numberColumn('AUC'),
      ],
      rows: slices.map(({ column, value, rows, accuracy, auc }) => [
        html`<code>${column}</code> = ${value}`,
        formatNumber(rows),
        dotStrip(scale, accuracy, `Accuracy where ${column} is ${value}: ${formatFixed(accuracy)}`, lines),
        formatFixed(accuracy),
        formatFixed(auc),
      ]),
    })}`;
}
