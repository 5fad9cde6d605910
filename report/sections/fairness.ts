import type { AttributeAudit, FairnessEvidence, Group } from '../../contracts/evidence/fairness.ts';
import { usualGroupEvents, type ModelDefinition } from '../../contracts/model/model-definition.ts';
import { taskRules } from '../../contracts/model/task.ts';
import type { FairnessMetricName } from '../../contracts/model/tasks/fairness-metrics.ts';
import type { Status } from '../../contracts/verdict.ts';
import { absent, formatFixed, formatInterval, formatNumber, formatPercent, formatSigned, inWords } from '../format.ts';
import { html } from '../html.ts';
import type { Html, Part } from '../html.ts';
import type { ReportInput } from '../input.ts';
import {
  checksTable,
  chip,
  numberColumn,
  overview,
  plotColumn,
  section,
  table,
  textColumn,
  worstFirst,
} from '../elements.ts';
import { domainOf, intervalStrip, stripScale } from '../plots/strips.ts';
import type { Scale } from '../svg.ts';

type Limits = ModelDefinition['fairness']['attributes'][string];

export function fairnessSection({ fairness, definition, tables }: ReportInput): Html | null {
  if (fairness === null) return null;
  const { attributes, minGroupRows, minGroupEvents = usualGroupEvents } = definition.fairness;
  const hasEvents = taskRules[definition.task ?? 'binary'].labels === 'classes';
  return section({
    id: 'fairness',
    title: 'Fairness',
    status: fairness.verdict.status,
    lead: `${formatNumber(fairness.rows)} rows. Groups of fewer than ${minGroupRows} rows${hasEvents ? `, or ${minGroupEvents} events for a rate,` : ''} are inconclusive: they are shown, never judged by noise.`,
    content: [
      checksTable('fairness', fairness.verdict),
      overview('Every attribute at a glance', tables.fairness),
      html`<p class="note">
        In the drawings below a dashed line is the limit, a grey one the champion, a thin one no difference. Differences
        are best at the left end, ratios at the right.
      </p>`,
      fairness.attributes.map((audit) => auditOf(audit, attributes[audit.attribute], fairness)),
    ],
  });
}

function auditOf(audit: AttributeAudit, limits: Limits | undefined, { verdict, champion }: FairnessEvidence): Html {
  return html`<h3>${audit.attribute} ${statusChip(audit.attribute, verdict.checks)}</h3>
    ${metricsTable(audit, limits)} ${groupsTable(audit, champion, limits?.maxGroupLoss)}`;
}

function statusChip(attribute: string, checks: FairnessEvidence['verdict']['checks']): Html {
  const [worst] = worstFirst(
    checks.filter(
      ({ name, required, status }) => name.startsWith(`${attribute}.`) && (required || status !== 'inconclusive'),
    ),
  );
  return worst === undefined ? html`<span class="aside">reported only</span>` : chip(worst.status);
}

function metricsTable({ attribute, metrics }: AttributeAudit, limits: Limits | undefined): Part {
  if (metrics.length === 0) return null;
  const scaleOf = gapScales(metrics, limits);
  return table({
    caption: `Gaps between the groups of ${attribute}`,
    columns: [
      textColumn('Metric'),
      plotColumn('Gap'),
      numberColumn('Estimate'),
      numberColumn('Interval'),
      numberColumn('Champion'),
      numberColumn('Limit'),
    ],
    rows: metrics.map(({ metric, estimate, lower, upper, champion }) => {
      const limit = limits?.limits[metric];
      const lines = [
        ...(limit === undefined ? [] : [{ value: limit, kind: 'limit' } as const]),
        ...(champion === null ? [] : [{ value: champion, kind: 'champion' } as const]),
      ];
      const known = estimate !== null && lower !== null && upper !== null ? { estimate, lower, upper } : null;
      return [
        inWords(metric),
        known === null
          ? chip('inconclusive')
          : intervalStrip(
              scaleOf(metric),
              known,
              lines,
              limit === undefined ? 'plain' : metricTone(metric, known, limit),
              `${inWords(metric)} of ${attribute}: ${formatFixed(estimate)}, ${formatInterval({ lower, upper }, formatFixed)}, limit ${formatNumber(limit)}`,
            ),
        formatFixed(estimate, 3),
        formatInterval({ lower, upper }, (value) => formatFixed(value, 3)),
        formatFixed(champion, 3),
        limit === undefined ? absent : `${isRatio(metric) ? '≥' : '≤'} ${formatNumber(limit)}`,
      ];
    }),
  });
}

/** Differences share a scale that begins at 0, their best value; ratios one that ends at 1, theirs. */
function gapScales(
  metrics: AttributeAudit['metrics'],
  limits: Limits | undefined,
): (metric: FairnessMetricName) => Scale {
  const values = (ratio: boolean): number[] =>
    metrics
      .filter(({ metric }) => isRatio(metric) === ratio)
      .flatMap(({ metric, lower, upper, champion }) => [lower, upper, champion, limits?.limits[metric]])
      .filter((value) => typeof value === 'number');
  const differences = stripScale([0, 1.1 * Math.max(0.05, ...values(false))]);
  const ratios = stripScale([Math.max(0, Math.min(0.9, ...values(true)) - 0.05), 1]);
  return (metric) => (isRatio(metric) ? ratios : differences);
}

const isRatio = (metric: FairnessMetricName): boolean => metric === 'demographicParityRatio';

/** As the gate judges: beyond the limit with the whole interval, with the estimate, or not. */
function metricTone(
  metric: FairnessMetricName,
  known: { estimate: number; lower: number; upper: number },
  limit: number,
): Status {
  const beyond = (value: number) => (isRatio(metric) ? value < limit : value > limit);
  if (beyond(known.lower) && beyond(known.upper)) return 'fail';
  return beyond(known.estimate) ? 'warn' : 'pass';
}

/** What is shown of a group, where its task has it. */
const measures: readonly (readonly [
  title: string,
  of: (group: Group) => number | null | undefined,
  isShare: boolean,
])[] = [
  ['Selected', ({ selectionRate }) => selectionRate, true],
  ['TPR', ({ tpr }) => tpr, true],
  ['FPR', ({ fpr }) => fpr, true],
  ['Precision', ({ precision }) => precision, true],
  ['Error', ({ errorRate }) => errorRate, true],
  ['Mean prediction', ({ meanPrediction }) => meanPrediction, false],
  ['Mean error', ({ meanError }) => meanError, false],
  ['Mean absolute error', ({ meanAbsoluteError }) => meanAbsoluteError, false],
  ['Mean exposure', ({ meanExposure }) => meanExposure, false],
];

function groupsTable(audit: AttributeAudit, champion: number | null, limit: number | undefined): Html {
  const small = new Set(audit.inconclusive);
  const groups = audit.groups.toSorted(
    (a, b) => Number(small.has(a.group)) - Number(small.has(b.group)) || b.rows - a.rows,
  );
  const losses = groups.flatMap(({ loss }) => (loss === null ? [] : [loss.lower, loss.upper]));
  const scale = stripScale(domainOf([0, ...losses, ...(limit === undefined ? [] : [limit])]));
  const compared = champion !== null;
  const shown = measures.filter(([, of]) => groups.some((group) => of(group) !== undefined));
  const hasPositives = groups.some(({ positives }) => positives !== undefined);
  return table({
    caption: `Groups of ${audit.attribute}${compared ? `; the loss is the error above version ${champion}’s` : ''}`,
    columns: [
      textColumn('Group'),
      numberColumn('Rows'),
      ...(hasPositives ? [numberColumn('Positives')] : []),
      ...shown.map(([title]) => numberColumn(title)),
      ...(compared ? [plotColumn('Loss (left is better)'), numberColumn('Loss'), numberColumn('Interval')] : []),
    ],
    rows: groups.map((group) => [
      html`${group.group} ${small.has(group.group) ? chip('inconclusive') : null}`,
      formatNumber(group.rows),
      ...(hasPositives ? [formatNumber(group.positives)] : []),
      ...shown.map(([, of, isShare]) => (isShare ? formatPercent(of(group)) : formatNumber(of(group)))),
      ...(compared ? lossCells(audit.attribute, group, scale, limit) : []),
    ]),
    rowClass: (index) => (small.has(groups[index]?.group ?? '') ? 'muted' : ''),
  });
}

function lossCells(attribute: string, { group, loss }: Group, scale: Scale, limit: number | undefined): Part[] {
  if (loss === null) return [absent, absent, absent];
  const tone = limit === undefined ? 'plain' : loss.lower > limit ? 'fail' : loss.estimate > limit ? 'warn' : 'pass';
  const lines = [
    { value: 0, kind: 'zero' } as const,
    ...(limit === undefined ? [] : [{ value: limit, kind: 'limit' } as const]),
  ];
  return [
    intervalStrip(
      scale,
      loss,
      lines,
      tone,
      `Error of ${attribute} = ${group} minus the champion’s: ${formatSigned(loss.estimate)}, ${formatInterval(loss, formatSigned)}, limit ${formatNumber(limit)}`,
    ),
    formatSigned(loss.estimate, 3),
    formatInterval(loss, (value) => formatSigned(value, 3)),
  ];
}
