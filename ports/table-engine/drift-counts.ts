import { setImmediate } from 'node:timers/promises';
import type { Column, DatasetDefinition } from '../../contracts/dataset.ts';
import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import { binCodes, binNumbers } from '../../ml/drift/bins.ts';
import { mostCodes, type CodeTally } from '../../ml/drift/code-bins.ts';
import { vectorItems } from '../prediction-log/vector-items.ts';
import { countOf, type Database, type FileColumn } from './connection.ts';
import { readingOf } from './expressions.ts';

/** A table in memory with some columns of a file. */
export interface ColumnBatch {
  readonly table: string;
  readonly rows: number;
  readonly columns: readonly FileColumn[];
}

type Columns = DatasetDefinition['columns'];

/** Whether drift is looked for in a column, and by what. */
function driftKindOf({ kind, type }: Column): 'numbers' | 'codes' | null {
  if (kind === 'key' || kind === 'time' || kind === 'carried') return null;
  return kind !== 'categorical' && (type === 'integer' || type === 'number') ? 'numbers' : 'codes';
}

/** Counts of the columns that both tables have, in bins that the reference makes. */
export async function countDrift(
  database: Database,
  declared: Columns,
  reference: ColumnBatch,
  current: ColumnBatch,
): Promise<ColumnDrift[]> {
  const both = ({ columns }: ColumnBatch, kind: ReturnType<typeof driftKindOf>): FileColumn[] =>
    columns.filter(({ name }) => {
      const column = declared[name];
      return (
        column !== undefined && driftKindOf(column) === kind && [reference, current].every((side) => has(side, name))
      );
    });
  const [before, now] = [
    await readNumbers(database, reference, both(reference, 'numbers'), declared),
    await readNumbers(database, current, both(current, 'numbers'), declared),
  ];
  const drift: ColumnDrift[] = [];
  for (const [name, values] of now) {
    drift.push(binNumbers(name, before.get(name) ?? new Float64Array(), values));
    await setImmediate();
  }
  for (const { name } of both(current, 'codes'))
    drift.push(await countCodes(database, name, declared, reference, current));
  return drift;
}

const has = ({ columns }: ColumnBatch, name: string): boolean => columns.some((column) => column.name === name);

async function countCodes(
  database: Database,
  name: string,
  declared: Columns,
  reference: ColumnBatch,
  current: ColumnBatch,
): Promise<ColumnDrift> {
  await database.run(
    `create or replace temp table top_codes as select code from ${codesOf(database, reference, name, declared)} where code <> ''
     group by code order by count(*) desc, code limit ${mostCodes}`,
  );
  return binCodes(
    name,
    await tally(database, reference, name, declared),
    await tally(database, current, name, declared),
  );
}

/** Every row's number by column, NaN where it is missing or cannot be read. */
async function readNumbers(
  database: Database,
  { table, rows }: ColumnBatch,
  columns: readonly FileColumn[],
  declared: Columns,
): Promise<Map<string, Float64Array>> {
  const numbers = columns.map(({ name }): [string, Float64Array] => [name, new Float64Array(rows)]);
  if (columns.length === 0) return new Map();
  const select = columns.map(
    (file) => `coalesce(${readingOf(database.bind, file, declared[file.name] as Column).number}, 'nan'::double)`,
  );
  const result = await database.stream(`select ${select.join(', ')} from ${table}`);
  let start = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [i, [, values]] of numbers.entries()) values.set(vectorItems(chunk.getColumnVector(i)), start);
    start += chunk.rowCount;
  }
  return new Map(numbers);
}

function codesOf(database: Database, { table, columns }: ColumnBatch, name: string, declared: Columns): string {
  const file = columns.find((column) => column.name === name) as FileColumn;
  return `(select coalesce(${readingOf(database.bind, file, declared[name] as Column).code}, '') as code from ${table})`;
}

/** Rows per code, of those in `top_codes` and of what is missing: a text that nobody wrote into SQL can hold any character. */
async function tally(database: Database, batch: ColumnBatch, name: string, declared: Columns): Promise<CodeTally> {
  const counted = await database.rows(
    `select code, count(*) from ${codesOf(database, batch, name, declared)} where code = '' or code in (from top_codes) group by code`,
  );
  return { counts: new Map(counted.map(([code, count]) => [String(code), countOf(count)])), rows: batch.rows };
}
