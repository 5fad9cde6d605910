import { acceptedOf, codeOf, float32Limit } from '../../contracts/data/cell.ts';
import type { Column } from '../../contracts/data/dataset.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { isOneOf, type Bind } from '../sql.ts';
import { countOf, type Database, type FileColumn } from './connection.ts';
import type { FoundFormat } from './csv.ts';
import { readingOf } from './expressions.ts';

/** A column of a file, and what the dataset says of it. */
export interface DeclaredFile {
  readonly file: FileColumn;
  readonly declared: Column;
  /** Condition of cells that cannot be read. @default those that `readingOf` cannot read */
  readonly wrongType?: string;
}

const wrongOf = (bind: Bind, { file, declared, wrongType }: DeclaredFile): string =>
  wrongType ?? `coalesce(${readingOf(bind, file, declared).wrongType}, false)`;

/** What is wrong with the cells of a column, in cells. */
export interface CellFaults extends DeclaredFile {
  readonly missing: number;
  /** They cannot be read as the declared type. */
  readonly wrong: number;
  readonly outside: number;
  readonly unknown: number;
}

/** Condition that a number is outside the column's range, or infinite in float32, which models compute in. */
export function isOutside(bind: Bind, { kind, type, min, max }: Column, number: string): string {
  if (kind === 'categorical' || (type !== 'integer' && type !== 'number')) return 'false';
  const conditions = [
    `abs(${number}) >= ${float32Limit}`,
    ...(min === undefined ? [] : [`${number} < ${bind(min)}`]),
    ...(max === undefined ? [] : [`${number} > ${bind(max)}`]),
  ];
  return `coalesce(${conditions.join(' or ')}, false)`;
}

/** Condition that a code is none of those that the column allows. */
export const isUnknown = (bind: Bind, column: Column, code: string): string =>
  column.allowed === undefined
    ? 'false'
    : `${code} is not null and not ${isOneOf(code, bind(column.allowed.map((allowed) => codeOf(allowed, column))))}`;

/** Columns that are counted by one query. */
const perQuery = 100;

/** Counts the cells of each column that are missing, of a wrong type, outside the range or of an unknown category: a cell has one fault at most. */
export async function countFaults(
  database: Database,
  relation: string,
  columns: readonly DeclaredFile[],
): Promise<CellFaults[]> {
  const counted: CellFaults[] = [];
  for (let from = 0; from < columns.length; from += perQuery) {
    const some = columns.slice(from, from + perQuery);
    const counts = some.flatMap((column) => {
      const { text, number, code } = readingOf(database.bind, column.file, column.declared);
      const wrong = wrongOf(database.bind, column);
      return [
        `count(*) - count(${text})`,
        `count(*) filter (${wrong})`,
        `count(*) filter (not ${wrong} and ${isOutside(database.bind, column.declared, number)})`,
        `count(*) filter (not ${wrong} and ${isUnknown(database.bind, column.declared, code)})`,
      ];
    });
    const row = await database.row(`select ${counts.join(', ')} from ${relation}`);
    counted.push(
      ...some.map((column, i) => {
        const [missing, wrong, outside, unknown] = [0, 1, 2, 3].map((at) => countOf(row[4 * i + at]));
        return { ...column, missing: missing!, wrong: wrong!, outside: outside!, unknown: unknown! };
      }),
    );
  }
  return counted;
}

const mostExamples = 3;

/** The most frequent cells that meet a condition, quoted, for a message. */
export async function examplesOf(
  database: Database,
  relation: string,
  column: DeclaredFile,
  condition = wrongOf(database.bind, column),
): Promise<string> {
  const { text } = readingOf(database.bind, column.file, column.declared);
  const rows = await database.rows(
    `select value from (select ${text} as value from ${relation} where ${condition}) group by value order by count(*) desc, value limit ${mostExamples}`,
  );
  return rows.map(([value]) => `"${shownText(String(value), 40)}"`).join(', ');
}

/** `2 values of "age" cannot be read as integer` */
export const unreadableCells = (wrong: number, { file, declared }: DeclaredFile): string =>
  `${wrong} ${wrong === 1 ? 'value' : 'values'} of "${shownText(file.name)}" cannot be read as ${declared.type}`;

/** What to write instead, in the form of the file. */
export function instead(
  { type }: Pick<Column, 'type'>,
  { decimal, time }: Partial<Pick<FoundFormat, 'decimal' | 'time'>>,
): string {
  if (type === 'number' && decimal === ',') return 'write a number with a decimal comma, such as 7 or 1,5';
  const form = type === 'timestamp' && typeof time === 'string' ? `, or as csv.time says (${time})` : '';
  return `write ${acceptedOf[type]}${form}`;
}
