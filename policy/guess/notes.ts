import type { Column } from '../../contracts/data/dataset.ts';
import type { ColumnFacts } from '../../contracts/data/file-facts.ts';
import { plainName } from '../../contracts/did-you-mean.ts';
import { shownText } from '../../contracts/shown-text.ts';
import type { TypedColumn } from './roles.ts';

/** What a person should look at in the values of a column; null where nothing is odd. */
export function oddValues({ facts, type }: TypedColumn, kind: Column['kind']): string | null {
  if (type === 'integer' || type === 'number') return kind === 'key' ? null : wordOfNines(facts);
  return type === 'string' && (kind === 'categorical' || kind === 'target') ? alike(facts) : null;
}

/** -999 and the like, at the end of the range of many other values, and more than once. */
function wordOfNines({ top, min, max, distinct, filled }: ColumnFacts): string | null {
  const found = top.find(({ value, rows }) => {
    const isEnd = Number(value) === min || Number(value) === max;
    return /^-?999+(\.0*)?$/.test(value.trim()) && isEnd && distinct > 2 && rows > 1 && rows < filled / 2;
  });
  return found === undefined
    ? null
    : `${found.value.trim()} in ${found.rows} rows may mean missing: then list it under missing`;
}

function alike({ top }: ColumnFacts): string | null {
  const known = new Map<string, string>();
  for (const { value } of top) {
    const other = known.get(plainName(value));
    if (other !== undefined)
      return `${quoted(other)} and ${quoted(value)} differ by case or blanks alone: write one, if they mean the same`;
    known.set(plainName(value), value);
  }
  return null;
}

const quoted = (value: string): string => JSON.stringify(shownText(value, 30));
