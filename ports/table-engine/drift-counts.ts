import type { Column } from '../../contracts/dataset.ts';
import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import { binCodes, binNumbers } from '../../ml/drift/bins.ts';
import { mostCodes, type CodeTally } from '../../ml/drift/code-bins.ts';
import { vectorItems } from '../prediction-log/vector-items.ts';
import { rowsOf } from './column-batches.ts';
import { countOf, type Database, type FileColumn } from './connection.ts';
import { readingOf } from './expressions.ts';

/** A column of a table, as the file has it. */
export interface TableColumn {
  readonly table: string;
  readonly file: FileColumn;
}

/** Whether drift is looked for in a column, and by what. */
export function driftKindOf({ kind, type }: Column): 'numbers' | 'codes' | null {
  if (kind === 'key' || kind === 'time') return null;
  return kind !== 'categorical' && (type === 'integer' || type === 'number') ? 'numbers' : 'codes';
}

/** Counts of one column in both tables, in bins that the reference makes; null for a column without drift. */
export async function countDrift(
  database: Database,
  declared: Column,
  reference: TableColumn,
  current: TableColumn,
): Promise<ColumnDrift | null> {
  const name = current.file.name;
  switch (driftKindOf(declared)) {
    case null:
      return null;
    case 'numbers':
      return binNumbers(
        name,
        await readNumbers(database, reference, declared),
        await readNumbers(database, current, declared),
      );
    case 'codes': {
      await database.run(
        `create or replace temp table top_codes as select code from ${codesOf(reference, declared)} where code <> ''
         group by code order by count(*) desc, code limit ${mostCodes}`,
      );
      return binCodes(name, await tally(database, reference, declared), await tally(database, current, declared));
    }
  }
}

/** Every row's number, NaN where it is missing or cannot be read. */
async function readNumbers(database: Database, { table, file }: TableColumn, declared: Column): Promise<Float64Array> {
  const { number } = readingOf(file, declared);
  const values = new Float64Array(await rowsOf(database, table));
  const result = await database.connection.stream(`select coalesce(${number}, 'nan'::double) from ${table}`);
  let start = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    values.set(vectorItems(chunk.getColumnVector(0)), start);
    start += chunk.rowCount;
  }
  return values;
}

const codesOf = ({ table, file }: TableColumn, declared: Column): string =>
  `(select coalesce(${readingOf(file, declared).code}, '') as code from ${table})`;

/** Rows per code, of those in `top_codes` and of what is missing: a text that nobody wrote into SQL can hold any character. */
async function tally(database: Database, column: TableColumn, declared: Column): Promise<CodeTally> {
  const rows = await database.rows(
    `select code, count(*) from ${codesOf(column, declared)} where code = '' or code in (from top_codes) group by code`,
  );
  return {
    counts: new Map(rows.map(([code, count]) => [String(code), countOf(count)])),
    rows: await rowsOf(database, column.table),
  };
}
