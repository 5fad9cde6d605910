import type { ColumnDrift, ColumnProfile, DataEvidence } from '../../contracts/evidence/data.ts';
import type { PsiLimits } from '../../contracts/model/data-gate.ts';
import { absent, formatFixed, formatNumber, formatPercent } from '../format.ts';
import { html } from '../html.ts';
import type { Html, Part } from '../html.ts';
import type { ReportInput } from '../input.ts';
import {
  checksTable,
  facts,
  figure,
  legend,
  numberColumn,
  plotColumn,
  section,
  table,
  textColumn,
  overview,
} from '../elements.ts';
import { barStrip, pairStrip, stripScale } from '../plots/strips.ts';

/** Columns whose distributions are shown. */
const mostDistributions = 3;
const mostBins = 12;

export function dataSection({ run, data, definition, snapshot, tables }: ReportInput): Html | null {
  if (data === null) return null;
  const { profile, previousRows, verdict } = data;
  return section({
    id: 'data',
    title: 'Data',
    status: verdict.status,
    lead: 'Schema, types, nulls, ranges, codes, key and label balance of the snapshot, and drift against the rows the champion was trained on.',
    content: [
      facts([
        ['rows', formatNumber(profile.rows)],
        ['rows of the previous snapshot', formatNumber(previousRows)],
        ['rows that repeat a key', formatNumber(profile.duplicateKeys)],
        ['labels', labelsOf(profile)],
        ['dataset', snapshot?.dataset ?? definition.dataset],
        ['time range', snapshot?.timeRange ? `${snapshot.timeRange.from} to ${snapshot.timeRange.to}` : absent],
      ]),
      checksTable('data', verdict),
      psiTable(data, run.champion, definition.data.psi),
      distributions(data),
      overview('Faults and drift by column', tables.columns),
      profileTable(profile.columns),
    ],
  });
}

/** Labels that are listed with their shares. */
const mostLabels = 20;

function labelsOf({ labels, unlistedLabels, labelQuantiles }: DataEvidence['profile']): string {
  if (labelQuantiles !== null) {
    const [least, low, lower, median, upper, high, most] = labelQuantiles.map((value) => formatNumber(value));
    return `${least} to ${most}, median ${median}, half from ${lower} to ${upper}, nine of ten from ${low} to ${high}`;
  }
  const total = labels.reduce((sum, { rows }) => sum + rows, unlistedLabels);
  const shown = labels.slice(0, mostLabels).map(({ value, rows }) => `${value}: ${formatPercent(rows / total)}`);
  const left = labels.length - shown.length;
  if (shown.length === 0) return absent;
  return `${shown.join(', ')}${left > 0 ? `, and ${left} labels with ${formatPercent(restOf(labels) / total)} together` : ''}`;
}

const restOf = (labels: DataEvidence['profile']['labels']): number =>
  labels.slice(mostLabels).reduce((sum, { rows }) => sum + rows, 0);

function psiTable({ drift }: DataEvidence, champion: number | null, limits: PsiLimits): Part {
  if (drift.length === 0) {
    const why =
      champion === null
        ? 'there is no champion whose training rows could be compared'
        : 'the rows could not be compared';
    return html`<p class="note">Drift was not measured: ${why}.</p>`;
  }
  const rows = drift.toSorted((a, b) => b.lower - a.lower || b.psi - a.psi);
  const scale = stripScale([0, Math.max(limits.hold * 1.2, ...rows.map(({ psi }) => psi))]);
  const lines = [
    { value: limits.warn, kind: 'zero' },
    { value: limits.hold, kind: 'limit' },
  ] as const;
  const toneOf = (lower: number) => (lower > limits.hold ? 'fail' : lower > limits.warn ? 'warn' : 'plain');
  return [
    table({
      caption: 'Population stability index by column',
      columns: [
        textColumn('Column'),
        plotColumn('PSI'),
        numberColumn('PSI'),
        numberColumn('At least'),
        numberColumn('Adjusted p'),
      ],
      rows: rows.map(({ column, psi, lower, adjusted }) => [
        html`<code>${column}</code>`,
        barStrip(
          scale,
          Math.max(0, lower),
          `PSI of ${column} is ${formatFixed(psi)}, lower confidence bound ${formatFixed(lower)}`,
          {
            lines,
            whisker: [Math.max(0, lower), psi],
            tone: toneOf(lower),
          },
        ),
        formatFixed(psi),
        formatFixed(lower),
        formatNumber(adjusted, 3),
      ]),
    }),
    html`<p class="note">
      Thin line: warns from ${formatNumber(limits.warn)}; dashed line: held for a person from
      ${formatNumber(limits.hold)}. A bar ends at the lower bound of the debiased PSI, which decides; its whisker goes
      on to the estimate.
    </p>`,
  ];
}

function distributions({ drift, profile }: DataEvidence): Part {
  const moved = drift.toSorted((a, b) => b.lower - a.lower || b.psi - a.psi).slice(0, mostDistributions);
  const counted = moved.flatMap(({ column }) => {
    const found = profile.drift.find((candidate) => candidate.column === column);
    if (found === undefined) return [];
    return found.rare === undefined ? [found] : [found, { ...found.rare, column: `${column}, rare codes` }];
  });
  if (counted.length === 0) return null;
  return html`<h3>Distributions of the columns that moved most</h3>
    <div class="figures">${counted.map(distribution)}</div>`;
}

function distribution({ column, bins, reference, current }: ColumnDrift): Html {
  const sum = (counts: readonly number[]) =>
    Math.max(
      1,
      counts.reduce((total, count) => total + count, 0),
    );
  const [before, now] = [sum(reference), sum(current)];
  const shares = bins.map((bin, index) => ({
    bin,
    reference: (reference[index] ?? 0) / before,
    current: (current[index] ?? 0) / now,
  }));
  const shown =
    shares.length <= mostBins
      ? shares
      : shares
          .toSorted((a, b) => Math.abs(b.current - b.reference) - Math.abs(a.current - a.reference))
          .slice(0, mostBins);
  const scale = stripScale([0, Math.max(0.01, ...shown.flatMap(({ reference, current }) => [reference, current]))]);
  const left = shares.length - shown.length;
  return figure(
    column,
    table({
      caption: `Shares of ${column} by bin`,
      columns: [textColumn('Bin'), plotColumn('Share'), numberColumn('Champion’s'), numberColumn('Now')],
      rows: shown.map(({ bin, reference, current }) => [
        bin,
        pairStrip(
          scale,
          reference,
          current,
          `${bin}: ${formatPercent(reference)} of the champion’s rows, ${formatPercent(current)} now`,
        ),
        formatPercent(reference),
        formatPercent(current),
      ]),
    }),
    left > 0 ? `The ${shown.length} bins that moved most; ${left} others are left out.` : null,
    legend([
      ['champion', 'rows the champion was trained on'],
      ['candidate', 'this snapshot'],
    ]),
  );
}

function profileTable(columns: readonly ColumnProfile[]): Html {
  const problems = ({ wrongType, outOfRange, notAllowed }: ColumnProfile): string =>
    [
      wrongType > 0 ? `${formatNumber(wrongType)} of a wrong type` : '',
      outOfRange > 0 ? `${formatNumber(outOfRange)} out of range` : '',
      notAllowed > 0 ? `${formatNumber(notAllowed)} not allowed` : '',
    ]
      .filter((text) => text !== '')
      .join(', ');
  const values = ({ mean, deviation, min, max, top, rows }: ColumnProfile): string =>
    mean === null
      ? top
          .slice(0, 3)
          .map((entry) => `${entry.value} (${formatPercent(entry.rows / Math.max(1, rows), 0)})`)
          .join(', ')
      : `${formatNumber(mean, 3)} ± ${formatNumber(deviation, 3)}, ${formatNumber(min)} to ${formatNumber(max)}`;
  return table({
    caption: 'Profile of the columns',
    columns: [
      textColumn('Column'),
      textColumn('Type'),
      numberColumn('Nulls'),
      numberColumn('Distinct'),
      textColumn('Values'),
      textColumn('Problems'),
    ],
    rows: columns.map((column) => [
      html`<code>${column.column}</code>`,
      column.foundType === null ? html`<strong class="bad">missing</strong>` : column.foundType,
      formatNumber(column.nulls),
      formatNumber(column.distinct),
      values(column),
      problems(column) === '' ? absent : html`<strong class="bad">${problems(column)}</strong>`,
    ]),
  });
}
