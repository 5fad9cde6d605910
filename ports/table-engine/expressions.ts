import type { Column, DatasetDefinition } from '../../contracts/dataset.ts';
import { identifier, type FileColumn } from './connection.ts';

/** How SQL reads the values of one column of a file, whatever type the file gives them. */
export interface ColumnReading {
  /** The value as text, null where it is missing: SQL null, NaN, or empty text. */
  readonly text: string;
  /** The value as a double, null where it is missing or no number. May be infinite. */
  readonly number: string;
  /**
   * The value as a code: text, without the `.0` that a detour through floating point added to whole numbers. Null where it is missing.
   */
  readonly code: string;
  /** Whether a value that is there cannot be read as the declared type. */
  readonly wrongType: string;
}

const floating = /^(FLOAT|DOUBLE|DECIMAL)/;
const integral = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const temporal = /^(DATE|TIMESTAMP)/;
const wholeText = String.raw`[+-]?\d{1,30}(\.0*)?`;

export function readingOf(file: FileColumn, declared: Column): ColumnReading {
  const column = identifier(file.name);
  const isNumber = floating.test(file.type) || integral.test(file.type);
  const raw = floating.test(file.type)
    ? `case when isnan(${column}::double) then null else ${column} end`
    : file.type === 'VARCHAR'
      ? `nullif(${column}, '')`
      : column;
  const text = `(${raw})::varchar`;
  const number = isNumber ? `(${raw})::double` : `(case when isnan(${cast(text)}) then null else ${cast(text)} end)`;
  return {
    text: withoutNaN(text, declared),
    number,
    code: codeOf(file, declared, text, number),
    wrongType: wrongType(file, declared, text, number),
  };
}

const cast = (text: string): string => `try_cast(${text} as double)`;

/** In a column of numbers the text `NaN` is a missing value too. */
const withoutNaN = (text: string, { type }: Column): string =>
  type === 'integer' || type === 'number' ? `(case when isnan(${cast(text)}) then null else ${text} end)` : text;

function codeOf(file: FileColumn, declared: Column, text: string, number: string): string {
  if (integral.test(file.type)) return text;
  if (floating.test(file.type))
    return `(case when ${number} = trunc(${number}) and abs(${number}) < 1e15 then (${number})::bigint::varchar else ${text} end)`;
  if (declared.type !== 'integer') return withoutNaN(text, declared);
  return `(case when regexp_full_match(${text}, '${wholeText}') then try_cast(${text} as hugeint)::varchar else ${withoutNaN(text, declared)} end)`;
}

function wrongType(file: FileColumn, { type }: Column, text: string, number: string): string {
  const isMissing =
    type === 'integer' || type === 'number'
      ? `(${text} is null or coalesce(isnan(${cast(text)}), false))`
      : `${text} is null`;
  const isRight = ((): string => {
    switch (type) {
      case 'integer':
        return `coalesce(isinf(${number}) or ${number} = trunc(${number}), false)`;
      case 'number':
        return `${number} is not null`;
      case 'boolean':
        return `lower(${text}) in ('true', 'false', 't', 'f', 'yes', 'no', '0', '1', '0.0', '1.0')`;
      case 'timestamp':
        return temporal.test(file.type) ? 'true' : `try_cast(${text} as timestamp) is not null`;
      case 'string':
        return 'true';
    }
  })();
  return `not (${isMissing} or ${isRight})`;
}

export interface KeyReading {
  /** Text by which a row is hashed and told from others: the same whether the key came as a number or as text. */
  readonly text: string;
  /** What rows are sorted by. */
  readonly order: string;
}

/** Null where the file lacks the key. */
export function keyOf(columns: readonly FileColumn[], dataset: DatasetDefinition): KeyReading | null {
  const file = columns.find(({ name }) => name === dataset.key);
  const declared = dataset.columns[dataset.key];
  if (file === undefined || declared === undefined) return null;
  const { code, number } = readingOf(file, declared);
  const isNumber = declared.type === 'integer' || declared.type === 'number';
  return { text: code, order: isNumber ? `${number} nulls last, ${code} nulls last` : `${code} nulls last` };
}

/** What rows are compared by in time: a number, a timestamp or text, as declared. Null where there is no such column. */
export function timeOf(columns: readonly FileColumn[], dataset: DatasetDefinition): string | null {
  const file = columns.find(({ name }) => name === dataset.time);
  const declared = dataset.time === undefined ? undefined : dataset.columns[dataset.time];
  if (file === undefined || declared === undefined) return null;
  const { number, text } = readingOf(file, declared);
  if (declared.type === 'timestamp')
    return temporal.test(file.type) ? identifier(file.name) : `try_cast(${text} as timestamp)`;
  return declared.type === 'string' ? text : number;
}
