import type { Column, DatasetDefinition } from '../../contracts/dataset.ts';
import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import { countOf, numberOf, type Database, type FileColumn } from './connection.ts';
import { readingOf } from './expressions.ts';
import { parquet } from './source.ts';

const quantiles = 10;
/** Values of the reference that have a bin of their own. */
const mostCodes = 50;

/**
 * Counts of features and target in both files, in bins that the reference makes: its deciles `(edge, next edge]` with open ends
 * for numbers, its most frequent values and `other` for codes, and one bin for what is missing or cannot be read. A column that
 * either file lacks is left out.
 */
export async function countDrift(
  database: Database,
  job: { table: string; found: readonly FileColumn[]; reference: string; dataset: DatasetDefinition },
): Promise<ColumnDrift[]> {
  const referenceTable = parquet(job.reference);
  const referenceColumns = await database.columns(referenceTable);
  const drift: ColumnDrift[] = [];
  for (const [name, declared] of Object.entries(job.dataset.columns)) {
    if (declared.kind === 'key' || declared.kind === 'time') continue;
    const current = job.found.find((column) => column.name === name);
    const reference = referenceColumns.find((column) => column.name === name);
    if (current === undefined || reference === undefined) continue;
    const isNumber = declared.kind !== 'categorical' && (declared.type === 'integer' || declared.type === 'number');
    const count = isNumber ? countNumbers : countCodes;
    drift.push({
      column: name,
      ...(await count(database, valuesOf(referenceTable, reference, declared), valuesOf(job.table, current, declared))),
    });
  }
  return drift;
}

type Counts = Omit<ColumnDrift, 'column'>;

const valuesOf = (table: string, file: FileColumn, declared: Column): string => {
  const { number, code } = readingOf(file, declared);
  return `(select ${number} as number, ${code} as code from ${table})`;
};

async function countNumbers(database: Database, reference: string, current: string): Promise<Counts> {
  const shares = Array.from({ length: quantiles - 1 }, (_, i) => (i + 1) / quantiles).join(', ');
  const rows = await database.rows(
    `select distinct unnest(quantile_disc(number, [${shares}])) as edge from ${reference} where isfinite(number) order by 1`,
  );
  const edges = rows.flatMap(([edge]) => numberOf(edge) ?? []);
  const count = (values: string): Promise<number[]> => countBetween(database, values, edges);
  return {
    bins: [
      ...edges.map((edge, i) => (i === 0 ? `<= ${edge}` : `(${edges[i - 1]}, ${edge}]`)),
      edges.length === 0 ? 'any' : `> ${edges.at(-1)}`,
      'missing',
    ],
    reference: await count(reference),
    current: await count(current),
  };
}

/** Counts per bin, above the last edge, and of what is missing. */
async function countBetween(database: Database, values: string, edges: readonly number[]): Promise<number[]> {
  const histogram =
    edges.length === 0
      ? 'null'
      : `map_values(histogram(number, [${edges.map((edge) => `${edge}::double`).join(', ')}]))`;
  const [counts, present, all] = await database.row(
    `select list_transform(${histogram}, lambda n: n::double)::varchar, count(number), count(*) from ${values}`,
  );
  const inBins = edges.length === 0 ? [] : (JSON.parse(String(counts ?? '[]')) as number[]).slice(0, edges.length);
  const below = edges.map((_, i) => inBins[i] ?? 0);
  const above = countOf(present) - below.reduce((sum, n) => sum + n, 0);
  return [...below, above, countOf(all) - countOf(present)];
}

async function countCodes(database: Database, reference: string, current: string): Promise<Counts> {
  const top = await database.rows(
    `select code from ${reference} where code is not null group by code order by count(*) desc, code limit ${mostCodes}`,
  );
  const codes = top.map(([code]) => String(code));
  const count = async (values: string): Promise<number[]> => {
    const rows = await database.rows(`select code, count(*) from ${values} group by code`);
    const counts = new Map(rows.map(([code, n]) => [code === null ? null : String(code), countOf(n)]));
    const known = codes.map((code) => counts.get(code) ?? 0);
    const missing = counts.get(null) ?? 0;
    const all = [...counts.values()].reduce((sum, n) => sum + n, 0);
    return [...known, all - missing - known.reduce((sum, n) => sum + n, 0), missing];
  };
  return { bins: [...codes, 'other', 'missing'], reference: await count(reference), current: await count(current) };
}
