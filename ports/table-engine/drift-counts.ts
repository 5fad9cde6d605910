import { setImmediate } from 'node:timers/promises';
import type { Column, DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import { binCodes, binNumbers } from '../../ml/drift/bins.ts';
import { codeBins, codeBinLimits, newCodesBelow, type CodeRows, type CountedCodes } from '../../ml/drift/code-bins.ts';
import { foldFactors, frequentFrom, rareLabels, rareTable } from '../../ml/drift/rare-codes.ts';
import { vectorItems } from '../prediction-log/vector-items.ts';
import { countOf, freeName, type Database, type FileColumn } from './connection.ts';
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
  const counted = (batch: ColumnBatch): string =>
    `(select code, count(*) as rows, count(*) filter (${learnedFrom}) as learned from ${codesOf(database, batch, name, declared)} group by code)`;
  await database.run(
    `create or replace temp table code_rows as select code, coalesce(a.rows, 0) as reference, coalesce(b.rows, 0) as current,
       coalesce(a.learned, 0) as reference_learned, coalesce(b.learned, 0) as current_learned
     from ${counted(reference)} a full join ${counted(current)} b using (code)`,
  );
  const frequent = await frequentCodes(database, reference.rows, current.rows);
  const bins = codeBins(frequent, { reference: reference.rows, current: current.rows });
  return binCodes(
    name,
    bins,
    await countByCode(database, bins, frequent, 'reference', reference.rows),
    await countByCode(database, bins, frequent, 'current', current.rows),
    await countRare(database),
  );
}

/** `isLearnedFrom` the number of a row, in SQL. */
const mixedOnce = `(row_number * ${foldFactors[0]}) % 4294967296`;
const learnedFrom = `(xor(${mixedOnce}, (${mixedOnce}) >> 16) * ${foldFactors[1]}) % 4294967296 >= 2147483648`;

/** The counts of `rareDrift`, from `code_rows`. */
async function countRare(database: Database): Promise<ColumnDrift['rare']> {
  const [sizes = []] = await database.rows(
    `select coalesce(sum(reference_learned), 0)::bigint, coalesce(sum(current_learned), 0)::bigint from code_rows`,
  );
  const learned = { reference: countOf(sizes[0]), current: countOf(sizes[1]) };
  const frequent = `reference_learned >= ${frequentFrom(learned.reference)} or current_learned >= ${frequentFrom(learned.current)}`;
  const rise = `current_learned::hugeint * ${learned.reference} - reference_learned::hugeint * ${learned.current}`;
  const count = async (side: keyof typeof newCodesBelow): Promise<number[]> => {
    const place = `case when code = '' then 'missing' when ${frequent} then 'frequent' when reference < ${newCodesBelow[side]} then 'new'
      when ${rise} > 0 then 'other, risen' when ${rise} < 0 then 'other, fallen' else 'other' end`;
    const rows = await database.rows(
      `select ${place} as place, sum(${side} - ${side}_learned)::bigint from code_rows group by place`,
    );
    const found = new Map(rows.map(([name, sum]) => [String(name), countOf(sum)]));
    return rareLabels.map((name) => found.get(name) ?? 0);
  };
  return rareTable(await count('reference'), await count('current'), learned);
}

/** The codes in `code_rows` that may have a bin, as `codeBins` asks for them. */
async function frequentCodes(database: Database, n: number, m: number): Promise<CodeRows[]> {
  const { mostCodes, heavyShare } = codeBinLimits;
  const rows = await database.rows(
    `select code, reference, current from code_rows where code <> ''
     qualify row_number() over (order by reference + current desc, code) <= ${mostCodes}
       or reference > ${n * heavyShare} or current > ${m * heavyShare}`,
  );
  return rows.map(([code, ours, theirs]) => ({
    code: String(code),
    reference: countOf(ours),
    current: countOf(theirs),
  }));
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
  // DuckDB's number of a row cannot be asked for where a column is called as it is.
  const number = freeName('rowid', columns) === 'rowid' ? 'rowid' : 'row_number() over () - 1';
  return `(select coalesce(${readingOf(database.bind, file, declared[name] as Column).code}, '') as code, (${number})::ubigint as row_number from ${table})`;
}

/** Rows of one side by bin. */
async function countByCode(
  database: Database,
  bins: readonly string[],
  frequent: readonly CodeRows[],
  side: 'reference' | 'current',
  rows: number,
): Promise<CountedCodes> {
  const newBelow = newCodesBelow[side];
  const [[missing, fresh] = []] = await database.rows(
    `select coalesce(sum(${side}) filter (code = ''), 0)::bigint,
       coalesce(sum(${side}) filter (code <> '' and reference < ${newBelow}), 0)::bigint from code_rows`,
  );
  const own = frequent.filter(({ code }) => bins.includes(code));
  const ownNew = own.filter((code) => code.reference < newBelow).reduce((sum, code) => sum + code[side], 0);
  return {
    counts: new Map(own.map((code) => [code.code, code[side]])),
    missing: countOf(missing),
    novel: countOf(fresh) - ownNew,
    rows,
  };
}
