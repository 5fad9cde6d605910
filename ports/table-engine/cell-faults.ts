import { codeOf, float32Limit } from '../../contracts/cell.ts';
import type { Column } from '../../contracts/dataset.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { countOf, literal, type Database, type FileColumn } from './connection.ts';
import { readingOf } from './expressions.ts';

/** A column of a file, and what the dataset says of it. */
export interface DeclaredFile {
  readonly file: FileColumn;
  readonly declared: Column;
  /** Condition of cells that cannot be read. @default those that `readingOf` cannot read */
  readonly wrongType?: string;
}

const wrongOf = ({ file, declared, wrongType }: DeclaredFile): string =>
  wrongType ?? `coalesce(${readingOf(file, declared).wrongType}, false)`;

/** What is wrong with the cells of a column, in cells. */
export interface CellFaults extends DeclaredFile {
  readonly missing: number;
  /** They cannot be read as the declared type. */
  readonly wrong: number;
  readonly outside: number;
  readonly unknown: number;
}

/** Condition that a number is outside the column's range, or infinite in float32, which models compute in. */
export function isOutside({ kind, type, min, max }: Column, number: string): string {
  if (kind === 'categorical' || (type !== 'integer' && type !== 'number')) return 'false';
  const conditions = [
    `abs(${number}) >= ${float32Limit}`,
    ...(min === undefined ? [] : [`${number} < ${min}`]),
    ...(max === undefined ? [] : [`${number} > ${max}`]),
  ];
  return `coalesce(${conditions.join(' or ')}, false)`;
}

/** Condition that a code is none of those that the column allows. */
export const isUnknown = (column: Column, code: string): string =>
  column.allowed === undefined
    ? 'false'
    : `${code} is not null and not list_contains([${column.allowed.map((allowed) => literal(codeOf(allowed, column))).join(', ')}]::varchar[], ${code})`;

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
      const { text, number, code } = readingOf(column.file, column.declared);
      const wrong = wrongOf(column);
      return [
        `count(*) - count(${text})`,
        `count(*) filter (${wrong})`,
        `count(*) filter (not ${wrong} and ${isOutside(column.declared, number)})`,
        `count(*) filter (not ${wrong} and ${isUnknown(column.declared, code)})`,
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
  condition = wrongOf(column),
): Promise<string> {
  const { text } = readingOf(column.file, column.declared);
  const rows = await database.rows(
    `select value from (select ${text} as value from ${relation} where ${condition}) group by value order by count(*) desc, value limit ${mostExamples}`,
  );
  return rows.map(([value]) => `"${shownText(String(value), 40)}"`).join(', ');
}

/** `2 values of "age" cannot be read as integer` */
export const unreadable = (wrong: number, { file, declared }: DeclaredFile): string =>
  `${wrong} ${wrong === 1 ? 'value' : 'values'} of "${shownText(file.name)}" cannot be read as ${declared.type}`;
