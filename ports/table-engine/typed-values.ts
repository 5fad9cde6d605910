import type { Column, DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { Bind } from '../sql.ts';
import { countOf, identifier, type Database, type FileColumn } from './connection.ts';
import { readingOf, type ColumnReading } from './expressions.ts';

/** A cell as a value of its declared type, null where it is missing or is none: whole numbers of 64 bits, doubles, booleans, instants. */
export function typedOf({ code, number, moment }: ColumnReading, { type }: Pick<Column, 'type'>): string {
  switch (type) {
    case 'integer':
      return `try_cast(${code} as bigint)`;
    case 'number':
      return number;
    case 'boolean':
      return `(case ${code} when 'true' then true when 'false' then false end)`;
    case 'timestamp':
      return moment;
    case 'string':
      return code;
  }
}

/** JSON has no times, no infinite numbers, and no whole numbers that every reader keeps beyond this. */
const mostInJson = Number.MAX_SAFE_INTEGER;

function inJson(value: string, type: Column['type']): string | null {
  if (type === 'timestamp') return null;
  if (type === 'integer') return `if(abs(${value}) <= ${mostInJson}, ${value}, null)`;
  return type === 'number' ? `if(isinf(${value}), null, ${value})` : value;
}

interface Written {
  readonly name: string;
  readonly value: string;
  /** Condition of cells that `value` loses, and what is written instead where there are any. */
  readonly isLost: string;
  readonly instead: string;
}

/** What a text file wrote of a declared column. */
function ofText(bind: Bind, file: FileColumn, declared: Column, isJson: boolean): Written | null {
  const reading = readingOf(bind, file, declared);
  const value = isJson ? inJson(typedOf(reading, declared), declared.type) : typedOf(reading, declared);
  if (value === null) return null;
  const isLost = `${reading.text} is not null and ${value} is null`;
  return { name: file.name, value, isLost, instead: identifier(file.name) };
}

/** JSON has no NaN, which is missing. */
function ofNumbers({ name }: FileColumn): Written {
  const column = identifier(name);
  return { name, value: finite(column), isLost: `isinf(${column})`, instead: `(${column})::varchar` };
}

/** A number that JSON can hold, else null. */
const finite = (number: string): string => `if(isfinite(${number}), ${number}, null)`;

/** Columns that are counted by one query. */
const perQuery = 100;

/**
 * The columns of a relation, in SQL, for a file with types. What a text file wrote of a declared column is a value of its type, if all of
 * its cells are.
 */
export async function valuesOf(
  database: Database,
  relation: string,
  found: readonly FileColumn[],
  { columns }: Pick<DatasetDefinition, 'columns'>,
  isJson: boolean,
): Promise<string[]> {
  const written = found.flatMap((file): Written[] => {
    const declared = columns[file.name];
    if (file.type === 'FLOAT' || file.type === 'DOUBLE') return isJson ? [ofNumbers(file)] : [];
    if (declared === undefined || declared.type === 'string' || file.type !== 'VARCHAR') return [];
    return [ofText(database.bind, file, declared, isJson) ?? []].flat();
  });
  const values = new Map<string, string>();
  for (let from = 0; from < written.length; from += perQuery) {
    const some = written.slice(from, from + perQuery);
    const lost = await database.row(
      `select ${some.map(({ isLost }) => `count(*) filter (${isLost})`).join(', ')} from ${relation}`,
    );
    for (const [i, { name, value, instead }] of some.entries())
      values.set(name, countOf(lost[i]) === 0 ? value : instead);
  }
  return found.map(({ name }) => `${values.get(name) ?? identifier(name)} as ${identifier(name)}`);
}
