import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ColumnProfile, DataProfile } from '../../contracts/evidence/data.ts';
import type { Check } from '../../contracts/verdict.ts';
import { check } from '../check.ts';

/** Warns of categories and keys that are hardly meant as they are: requests bring another text for the same thing, or none. */
export const doubtfulCodes = ({ columns }: DataProfile, dataset: DatasetDefinition): Check[] =>
  columns.flatMap((column) => {
    const { type, kind } = dataset.columns[column.column] ?? {};
    if (type === 'integer' && (kind === 'key' || kind === 'categorical')) return mergedCodes(column);
    return type === 'string' && kind === 'categorical'
      ? [...decimalCodes(column), ...missingWords(column, dataset)]
      : [];
  });

/** Whole numbers up to which floating point holds each, by the types of a file. */
const lastExact: Readonly<Record<string, number>> = { FLOAT: 2 ** 24, DOUBLE: 2 ** 53 };

/** Tools make whole numbers with gaps floating point, where large ones become their neighbours. */
function mergedCodes({ column, foundType, min, max, top }: ColumnProfile): Check[] {
  const limit = lastExact[foundType ?? ''];
  const largest = Math.max(
    ...[min, max, ...top.map(({ value }) => Number(value))].map((value) => Math.abs(value ?? 0)),
  );
  if (limit === undefined || !(largest > limit)) return [];
  const message = `${column}: it has whole numbers up to ${largest}, and the ${foundType} of its file does not hold each beyond ${limit}: several may have become one; write them as whole numbers or text`;
  return [check(`${column}.exact`, 'warn', largest, limit, message)];
}

/** Tools write whole numbers with gaps as decimals; as text, `3.0` and the 3 of a request are two categories. */
function decimalCodes({ column, top }: ColumnProfile): Check[] {
  const [first] = top;
  if (first === undefined || !top.every(({ value }) => /^-?\d+\.0+$/.test(value))) return [];
  const message = `${column}: its categories are whole numbers written as decimals (${first.value}), and ${Number(first.value)} is another text: declare "type: integer"`;
  return [check(`${column}.codes`, 'warn', null, null, message)];
}

/** What R, pandas, SQL and spreadsheets write where a value is missing. */
const words = new Set(
  'NA N/A n/a <NA> NULL Null null None NaN nan NaT \\N #N/A #DIV/0! #VALUE! #REF! #NAME? #NUM! #NULL!'.split(' '),
);

function missingWords({ column, top }: ColumnProfile, dataset: DatasetDefinition): Check[] {
  const allowed = dataset.columns[column]?.allowed ?? [];
  const found = top.filter(({ value }) => words.has(value) && !allowed.includes(value));
  if (found.length === 0) return [];
  const rows = found.reduce((sum, word) => sum + word.rows, 0);
  const shown = found.map(({ value }) => JSON.stringify(value)).join(', ');
  const message = `${column}: ${shown} in ${rows} rows ${found.length === 1 ? 'is a category' : 'are categories'}, not missing: declare under "missing" what means that, or under "allowed" what is one`;
  return [check(`${column}.words`, 'warn', rows, 0, message)];
}
