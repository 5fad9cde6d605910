import type { Tensor } from '../contracts/tensor.ts';
import type { ServedColumns } from './engine/served-columns.ts';

type Feeds = Readonly<Record<string, Tensor>>;

/** Values of categorical columns that the dataset does not know, by column; null where there are none. */
export function unknownCategories({ columns }: ServedColumns, feeds: Feeds): Map<string, number> | null {
  let counts: Map<string, number> | null = null;
  for (const name in feeds) {
    const codes = columns.get(name)?.codes;
    const tensor = feeds[name];
    if (codes === null || codes === undefined || tensor?.type !== 'string') continue;
    for (const value of tensor.data as readonly string[])
      if (value !== '' && !codes.has(value)) (counts ??= new Map()).set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** What an answer should say of one row: the columns that were taken as missing, and those whose category is unknown. */
export function notesOnRow(
  { columns }: ServedColumns,
  feeds: Feeds,
  row: number,
): { missing?: string[]; unknown?: string[] } {
  const [missing, unknown]: [string[], string[]] = [[], []];
  for (const [name, { shape, data }] of Object.entries(feeds)) {
    if (shape.length !== 2 || shape[1] !== 1) continue;
    const value = data[row];
    if (value === '' || value !== value) missing.push(name);
    else if (typeof value === 'string' && columns.get(name)?.codes?.has(value) === false) unknown.push(name);
  }
  return { ...(missing.length > 0 && { missing }), ...(unknown.length > 0 && { unknown }) };
}
