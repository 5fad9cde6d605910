import { oddityOf, type Oddity } from '../../contracts/data/column-limits.ts';
import type { Feeds } from '../../contracts/data/tensor.ts';
import type { ServedColumns } from '../models/served-columns.ts';

/** Values that a request was answered on although training was not to see them, of one column and kind. */
export interface OddValues {
  readonly column: string;
  readonly oddity: Oddity;
  readonly values: number;
}

/** Values of unknown categories, and those outside the dataset's ranges, by column. */
export function oddValues({ columns }: ServedColumns, feeds: Feeds): OddValues[] {
  const found: OddValues[] = [];
  for (const name in feeds) {
    const limits = columns.get(name)?.limits;
    const tensor = feeds[name];
    // Half floats lie in the tensor as bits.
    if (limits === null || limits === undefined || tensor === undefined || tensor.type === 'float16') continue;
    const { type, data } = tensor;
    const oddity: Oddity = limits.codes === null ? 'outside' : 'unknown';
    let values = 0;
    for (let i = 0; i < data.length; i += 1) if (oddityOf(data[i]!, limits, type === 'float32') !== null) values += 1;
    if (values > 0) found.push({ column: name, oddity, values });
  }
  return found;
}

/** What an answer should say of one row: the columns that were taken as missing, of an unknown category, or outside their range. */
export function notesOnRow(
  { columns }: ServedColumns,
  feeds: Feeds,
  row: number,
): { missing?: string[]; unknown?: string[]; outside?: string[] } {
  const notes: Record<'missing' | Oddity, string[]> = { missing: [], unknown: [], outside: [] };
  for (const [name, { type, shape, data }] of Object.entries(feeds)) {
    if (shape.length !== 2 || shape[1] !== 1) continue;
    const value = data[row]!;
    const limits = columns.get(name)?.limits ?? null;
    if (value === '' || value !== value) notes.missing.push(name);
    else if (limits !== null && type !== 'float16') {
      const oddity = oddityOf(value, limits, type === 'float32');
      if (oddity !== null) notes[oddity].push(name);
    }
  }
  return Object.fromEntries(Object.entries(notes).filter(([, names]) => names.length > 0));
}
