import { metricFacts, metricNames } from '../contracts/model/tasks/metric-names.ts';
import type { DataFrame } from 'danfojs-node';
import type { DataEvidence } from '../contracts/evidence/data.ts';
import type { FairnessEvidence } from '../contracts/evidence/fairness.ts';
import type { QualityEvidence } from '../contracts/evidence/quality.ts';

export type TableCell = string | number | null;

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly TableCell[])[];
}

type Row = Record<string, TableCell>;

/** The overviews of a report; null where there is no evidence for one. */
export interface ReportTables {
  readonly columns: ReportTable | null;
  readonly slices: ReportTable | null;
  readonly fairness: ReportTable | null;
}

/** Makes the overviews that a report opens its sections with. */
export async function tablesOfReport(evidence: {
  data: DataEvidence | null;
  quality: QualityEvidence | null;
  fairness: FairnessEvidence | null;
}): Promise<ReportTables> {
  const { data, quality, fairness } = evidence;
  return {
    columns: data === null ? null : await columnTable(data),
    slices: quality === null ? null : await sliceTable(quality),
    fairness: fairness === null ? null : await metricTable(fairness),
  };
}

/** danfo takes a second or more to load, so only who makes tables pays for it. */
const danfo = () => import('danfojs-node');

/** What the data checks found per column, with its drift where it was measured; the most moved columns first. */
export async function columnTable({ profile, drift }: DataEvidence): Promise<ReportTable> {
  const found: Row[] = profile.columns.map(
    ({ column, foundType, nulls, distinct, wrongType, outOfRange, notAllowed, mean }) => ({
      column,
      type: foundType ?? 'missing',
      nulls,
      distinct,
      'wrong type': wrongType,
      'out of range': outOfRange,
      'not allowed': notAllowed,
      mean,
    }),
  );
  const moved: Row[] = drift.map(({ column, psi, lower, adjusted }) => ({
    column,
    PSI: psi,
    'at least': lower,
    'adjusted p': adjusted,
  }));
  const title = 'Columns';
  if (found.length === 0 || moved.length === 0) return tableOf(title, await frameOf(found));
  const joined = await leftJoin(await frameOf(found), moved, 'column');
  return tableOf(title, joined.sortValues('PSI', { ascending: false }));
}

/** The first metric by column of the slices: its worst and best value, and how far they are apart; the widest gap first. */
export async function sliceTable({ slices }: QualityEvidence): Promise<ReportTable> {
  const title = 'Slices';
  const metric = metricNames.find((name) => slices[0]?.metrics[name] !== undefined);
  if (metric === undefined) return { title, columns: [], rows: [] };
  const known = slices.flatMap(({ column, rows, metrics }) => {
    const value = metrics[metric] ?? null;
    return value === null ? [] : [{ column, rows, value }];
  });
  if (known.length === 0) return { title, columns: [], rows: [] };
  const frame = await frameOf(known);
  const grouped = frame.groupby(['column']).agg({ rows: ['count', 'sum'], value: ['min', 'max'] });
  const gaps = cellsOf(grouped).map((row) => Number(row[4]) - Number(row[3]));
  const isHigherBetter = metricFacts[metric].direction === 'higher';
  const named = grouped
    .rename({
      rows_count: 'slices',
      rows_sum: 'rows',
      value_min: isHigherBetter ? 'worst' : 'best',
      value_max: isHigherBetter ? 'best' : 'worst',
    })
    .addColumn('gap', gaps);
  return tableOf(title, named.sortValues('gap', { ascending: false }));
}

/** Fairness metrics across the attributes: a row per attribute, a column per metric, empty where groups are too small to say. */
export async function metricTable({ attributes }: FairnessEvidence): Promise<ReportTable> {
  const title = 'Fairness';
  const metrics = [...new Set(attributes.flatMap((audit) => audit.metrics.map(({ metric }) => metric)))];
  if (attributes.length === 0) return { title, columns: [], rows: [] };
  let frame = await frameOf(attributes.map(({ attribute, groups }) => ({ attribute, groups: groups.length })));
  for (const metric of metrics) {
    const estimates = attributes.map((audit) => ({
      attribute: audit.attribute,
      [metric]: audit.metrics.find((candidate) => candidate.metric === metric)?.estimate ?? null,
    }));
    frame = await leftJoin(frame, estimates, 'attribute');
  }
  return tableOf(title, frame);
}

async function frameOf(rows: Row[]): Promise<DataFrame> {
  const { DataFrame } = await danfo();
  return new DataFrame(rows);
}

/** One key only: danfo runs several keys together, so that `("a-b", "c")` meets `("a", "b-c")`. */
async function leftJoin(left: DataFrame, right: Row[], key: string): Promise<DataFrame> {
  const { merge } = await danfo();
  return merge({ left, right: await frameOf(right), on: [key], how: 'left' });
}

const tableOf = (title: string, frame: DataFrame): ReportTable => ({
  title,
  columns: frame.columns,
  rows: cellsOf(frame),
});

function cellsOf(frame: DataFrame): TableCell[][] {
  return frame.values.map((row) => (Array.isArray(row) ? row : [row]).map(cellOf));
}

/** danfo writes NaN where a join or a calculation found nothing. */
function cellOf(value: string | number | boolean | null | undefined): TableCell {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  return typeof value === 'boolean' ? String(value) : value;
}
