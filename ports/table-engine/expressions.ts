import { readNumeral, spellings, wordCodes, type CellRule } from '../../contracts/data/cell.ts';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import { readMoment, timeForm } from '../../contracts/data/moment.ts';
import { isOneOf, type Bind } from '../sql.ts';
import { identifier, type FileColumn } from './connection.ts';

/** How SQL reads the values of one column of a file, with any type of the file: what `contracts/data/cell.ts` says, as SQL. */
export interface ColumnReading {
  /** The value as text, null where it is missing (`isMissing`). */
  readonly text: string;
  /** The value as a double, null where it is missing or no number. May be infinite. */
  readonly number: string;
  /** The value as a code (`codeOf`): equal values have equal codes. Null where it is missing. */
  readonly code: string;
  /** Whether a value that is there cannot be read as the declared type. */
  readonly wrongType: string;
  /** The value as TIMESTAMP WITH TIME ZONE, null where it is missing or no time. */
  readonly moment: string;
}

// Lists end in [], and are none of these.
const floating = /^(FLOAT|DOUBLE)$/;
const decimal = /^DECIMAL\(\d+,\d+\)$/;
const wholeDecimal = /^DECIMAL\(\d+,0\)$/;
const integral = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const temporal = /^(DATE|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)$/;
const scalar = /^(VARCHAR|BOOLEAN|UUID|ENUM\(.*\)|TIME|TIME WITH TIME ZONE)$/s;
const wholeText = String.raw`[+-]?\d{1,38}(\.0*)?`;
const blanks = ' \t\n\v\f\r';
const notAValue = ['nan', '+nan', '-nan', 'nat'];

export function readingOf(bind: Bind, file: FileColumn, declared: CellRule): ColumnReading {
  if (file.type !== 'BLOB') return readingFrom(bind, file, declared, identifier(file.name));
  // Old writers of Parquet give texts no type: what is UTF-8 is a text.
  const column = identifier(file.name);
  const text = `try(decode(${column}))`;
  const reading = readingFrom(bind, { ...file, type: 'VARCHAR' }, declared, `coalesce(${text}, ${column}::varchar)`);
  const isNoText = `(${column} is not null and ${text} is null)`;
  return { ...reading, wrongType: `(coalesce(${reading.wrongType}, false) or ${isNoText})` };
}

function readingFrom(bind: Bind, file: FileColumn, declared: CellRule, column: string): ColumnReading {
  const all = textOf(bind, file, declared, column);
  const number = numberOf(file, declared, column, all);
  const moment = momentOf(bind, file, all);
  const unless = unlessWord(bind, file, declared, { text: all, number, moment });
  const code = unless(codeOf(bind, file, declared.type, all, number));
  const text = unless(all);
  const present = unless(number);
  const wrong = wrongType(bind, file, declared, { text, number: present, code, moment });
  return { text, number: present, code, wrongType: wrong, moment: unless(moment) };
}

/** Text of any other type than text, or text as it came; null where it is empty. */
function textOf(bind: Bind, file: FileColumn, { type, missing = [] }: CellRule, column: string): string {
  if (floating.test(file.type)) return `(case when isnan(${column}) then null else ${column} end)::varchar`;
  if (file.type !== 'VARCHAR') return `(${column})::varchar`;
  if (type === 'string')
    return missing.length === 0
      ? `nullif(${column}, '')`
      : `if(${isOneOf(column, bind(['', ...missing]))}, null, ${column})`;
  const bare = `trim(${column}, ${bind(blanks)})`;
  const words = missing.length === 0 ? '' : ` or ${isOneOf(bare, bind(missing))}`;
  return `if(${isOneOf(`lower(${bare})`, bind(['', ...notAValue]))}${words}, null, ${bare})`;
}

/**
 * Makes what is null where the value is a declared word (`wordCodes`). Text is compared with words by `textOf` already, so that what is left
 * are numbers and times written otherwise.
 */
function unlessWord(
  bind: Bind,
  file: FileColumn,
  declared: CellRule,
  { text, number, moment }: Pick<ColumnReading, 'text' | 'number' | 'moment'>,
): (value: string) => string {
  const words = [...wordCodes(declared)];
  const isText = file.type === 'VARCHAR';
  const isNumber = floating.test(file.type) || integral.test(file.type) || decimal.test(file.type);
  const asked = isText || isNumber ? words.filter((word) => readNumeral(word) !== null) : words;
  if (declared.type === 'timestamp' && (isText || temporal.test(file.type))) {
    const same = words.filter(isTime).map((word) => `${moment} = try_cast(${bind(word)} as timestamptz)`);
    return (value) => (same.length === 0 ? value : `if(${same.join(' or ')}, null, ${value})`);
  }
  if (asked.length === 0 || (isText && declared.type === 'string')) return (value) => value;
  const code = codeOf(bind, file, declared.type === 'boolean' ? 'number' : declared.type, text, number);
  const isWord = isOneOf(code, bind(asked));
  return (value) => `if(${isWord}, null, ${value})`;
}

const isShort = (type: string): boolean => Number(/\d+/.exec(type)?.[0]) <= 15;

const isTime = (word: string): boolean => readMoment(word) !== null && /^.{10}/.test(word);

/** DuckDB takes numbers with underscores or two signs, and infinity by other names; a number in words of SQL is none in a file. */
function numberOf(file: FileColumn, { type }: CellRule, column: string, text: string): string {
  // Statistics of Parquet files leave NaN out, and by them DuckDB takes a comparison with NaN for false.
  if (floating.test(file.type)) return `if(isnan(${column}), null, ${column})::double`;
  if (integral.test(file.type)) return `${column}::double`;
  // DuckDB divides two doubles, which rounds twice where the digits do not fit into one.
  if (decimal.test(file.type)) return isShort(file.type) ? `${column}::double` : `${column}::varchar::double`;
  if (file.type === 'BOOLEAN') return type === 'boolean' ? `${column}::integer::double` : `null::double`;
  if (file.type !== 'VARCHAR') return `null::double`;
  return `nullif(try_cast(replace(replace(${text}, '_', '?'), '+-', '?') as double), 'nan'::double)`;
}

/** `numberText` as SQL, of the shortest digits as DuckDB writes them; -0 is 0. Expressions name a value once: they are many columns wide. */
export const numberTextSql = (digits: string): string =>
  `replace(regexp_replace(regexp_replace(${digits}, '\\.0$', ''), 'e([+-]?)0*', 'e\\1'), 'e+', 'e')`;

function codeOf(bind: Bind, file: FileColumn, type: CellRule['type'], text: string, number: string): string {
  const column = identifier(file.name);
  if (integral.test(file.type) || wholeDecimal.test(file.type)) {
    if (type === 'boolean') return booleanCode(bind, text);
    return type === 'number' ? `if(abs(${number}) < 1e15, ${text}, ${numberTextSql(`${number}::varchar`)})` : text;
  }
  if (floating.test(file.type)) {
    const digits = file.type === 'FLOAT' ? `if(isnan(${column}), null, ${column} + 0::float)` : `(${number} + 0)`;
    const code = numberTextSql(`${digits}::varchar`);
    if (type === 'integer') return wholeCode(number, code);
    return type === 'boolean' ? booleanCode(bind, code) : code;
  }
  if (decimal.test(file.type)) {
    const code = numberTextSql(`(${number} + 0)::varchar`);
    if (type === 'boolean') return booleanCode(bind, code);
    if (type === 'number') return code;
    // Digits that a double does not keep tell keys and codes apart.
    const digits = `regexp_replace(${text}, '\\.?0+$', '')`;
    const isExact =
      type === 'integer' ? `${column} <> trunc(${column})` : `try_cast(${number} as ${file.type}) = ${column}`;
    return `if(${isExact}, ${code}, ${digits})`;
  }
  if (file.type !== 'VARCHAR') return text;
  const numeric = `coalesce(${numberTextSql(`(${number} + 0)::varchar`)}, ${text})`;
  switch (type) {
    case 'integer':
      return `coalesce(if(regexp_full_match(${text}, ${bind(wholeText)}), try_cast(${text} as hugeint)::varchar, null), ${wholeCode(number, numeric)})`;
    case 'number':
      return numeric;
    case 'boolean':
      return booleanCode(bind, text);
    case 'string':
    case 'timestamp':
      return text;
  }
}

/** Doubles of this size are whole. */
const wholeCode = (number: string, code: string): string =>
  `if(abs(${number}) >= 1e16 and abs(${number}) < 1e38, try_cast(${number} as hugeint)::varchar, ${code})`;

const booleanCode = (bind: Bind, text: string): string =>
  `(case when ${isOneOf(`lower(${text})`, bind(spellings.true))} then 'true' when ${isOneOf(`lower(${text})`, bind(spellings.false))} then 'false' else ${text} end)`;

function wrongType(
  bind: Bind,
  file: FileColumn,
  { type }: CellRule,
  { text, number, code, moment }: Omit<ColumnReading, 'wrongType'>,
): string {
  const column = identifier(file.name);
  const isRight = ((): string => {
    switch (type) {
      case 'integer':
        if (decimal.test(file.type)) return `coalesce(${column} = trunc(${column}), false)`;
        return `coalesce(isinf(${number}) or ${number} = trunc(${number}), false)`;
      case 'number':
        return `${number} is not null`;
      case 'boolean':
        return isOneOf(code, bind(['true', 'false']));
      case 'timestamp':
        return `${moment} is not null`;
      case 'string':
        if (file.type === 'VARCHAR') return `not contains(${text}, chr(0))`;
        return String([scalar, floating, integral, decimal, temporal].some((types) => types.test(file.type)));
    }
  })();
  return `(${text} is not null and not (${isRight}))`;
}

/**
 * A moment as TIMESTAMP WITH TIME ZONE; null where the text is none (`timeForm`; DuckDB takes more, such as `24-01-31` for the year 24).
 * Offsets are obeyed; what has none is of the connection's time zone, which `inTimeZone` sets.
 */
function momentOf(bind: Bind, file: FileColumn, text: string): string {
  if (temporal.test(file.type)) return `${identifier(file.name)}::timestamptz`;
  if (file.type !== 'VARCHAR') return `null::timestamptz`;
  return `if(regexp_full_match(${text}, ${bind(timeForm)}), try_cast(${text} as timestamptz), null)`;
}

export interface KeyReading {
  /** Text by which a row is hashed and told from others: the same whether the key came as a number or as text. */
  readonly text: string;
  /** What rows are sorted by. */
  readonly order: string;
}

/** Null where the file lacks the key. */
export function keyOf(bind: Bind, columns: readonly FileColumn[], dataset: DatasetDefinition): KeyReading | null {
  const file = columns.find(({ name }) => name === dataset.key);
  const declared = dataset.columns[dataset.key];
  if (file === undefined || declared === undefined) return null;
  const { code, number } = readingOf(bind, file, declared);
  const isNumber = declared.type === 'integer' || declared.type === 'number';
  return { text: code, order: isNumber ? `${number} nulls last, ${code} nulls last` : `${code} nulls last` };
}

/** What rows are compared by in time: a number, a moment (TIMESTAMP WITH TIME ZONE) or text, as declared. Null where there is no such column. */
export function timeOf(bind: Bind, columns: readonly FileColumn[], dataset: DatasetDefinition): string | null {
  const file = columns.find(({ name }) => name === dataset.time);
  const declared = dataset.time === undefined ? undefined : dataset.columns[dataset.time];
  if (file === undefined || declared === undefined) return null;
  const { number, text, moment } = readingOf(bind, file, declared);
  if (declared.type === 'timestamp') return moment;
  return declared.type === 'string' ? text : number;
}

/** Condition that the target has a label. */
export function isLabelled(bind: Bind, columns: readonly FileColumn[], dataset: DatasetDefinition): string {
  const file = columns.find(({ name }) => name === dataset.target);
  const declared = dataset.columns[dataset.target];
  return file === undefined || declared === undefined ? 'true' : `${readingOf(bind, file, declared).code} is not null`;
}
