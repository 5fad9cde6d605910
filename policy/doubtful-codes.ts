import type { DatasetDefinition } from '../contracts/dataset.ts';
import type { ColumnProfile, DataProfile } from '../contracts/evidence/data.ts';
import type { Check } from '../contracts/verdict.ts';
import { check } from './check.ts';

/** Warns of categories of text that are hardly meant as such: requests bring another text for the same thing, or none. */
export const doubtfulCodes = ({ columns }: DataProfile, dataset: DatasetDefinition): Check[] =>
  columns
    .filter(({ column }) => dataset.columns[column]?.kind === 'categorical')
    .filter(({ column }) => dataset.columns[column]?.type === 'string')
    .flatMap((column) => [...decimalCodes(column), ...missingWords(column, dataset)]);

/** Tools write whole numbers with gaps as decimals; as text, `3.0` and the 3 of a request are two categories. */
function decimalCodes({ column, top }: ColumnProfile): Check[] {
  const [first] = top;
  if (first === undefined || !top.every(({ value }) => /^-?\d+\.0+$/.test(value))) return [];
  const message = `${column}: its categories are whole numbers written as decimals (${first.value}), and ${Number(first.value)} is another text: declare "type: integer"`;
  return [check(`${column}.codes`, 'warn', null, null, message)];
}

/** What R, pandas, SQL and spreadsheets write where a value is missing. */
const words = new Set(['NA', 'N/A', 'n/a', '#N/A', '<NA>', 'NULL', 'Null', 'null', 'None', 'NaN', 'nan', 'NaT', '\\N']);

function missingWords({ column, top }: ColumnProfile, dataset: DatasetDefinition): Check[] {
  const allowed = dataset.columns[column]?.allowed ?? [];
  const found = top.filter(({ value }) => words.has(value) && !allowed.includes(value));
  if (found.length === 0) return [];
  const rows = found.reduce((sum, word) => sum + word.rows, 0);
  const shown = found.map(({ value }) => JSON.stringify(value)).join(', ');
  const message = `${column}: ${shown} in ${rows} rows ${found.length === 1 ? 'is a category' : 'are categories'}, not missing: declare under "missing" what means that, or under "allowed" what is one`;
  return [check(`${column}.words`, 'warn', rows, 0, message)];
}
