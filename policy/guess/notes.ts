import type { Column } from '../../contracts/data/dataset.ts';
import type { ColumnFacts } from '../../contracts/data/file-facts.ts';
import { plainName } from '../../contracts/did-you-mean.ts';
import { secondsSince1970 } from './column-kind.ts';
import { mayPartThousands } from './csv-format.ts';
import { shownText } from '../../contracts/shown-text.ts';
import type { TypedColumn } from './roles.ts';

/** What a person should look at in the values of a column; null where nothing is odd. */
export function oddValues(column: TypedColumn, kind: Column['kind']): string | null {
  const { facts, type } = column;
  if (type === 'integer' || type === 'number')
    return kind === 'key'
      ? null
      : (wordOfNines(facts) ?? asThousands(facts, type) ?? asCodes(facts) ?? asTimes(column, kind));
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

/** Read with a decimal comma such a column has whole numbers alone. */
const asThousands = (facts: ColumnFacts, type: Column['type']): string | null =>
  type === 'number' && mayPartThousands(facts)
    ? `its points are before three digits alone: if they part thousands, declare csv.decimal: ','`
    : null;

/** Amounts may be as large: only the name tells them apart. */
const asTimes = (column: TypedColumn, kind: Column['kind']): string | null =>
  kind === 'numeric' && secondsSince1970(column)
    ? 'they may count seconds or milliseconds since 1970: then write kind: carried, or times in ISO 8601'
    : null;

/** What numbers merge, and codes do not. */
function asCodes({ exponent, alike: [one, other] }: ColumnFacts): string | null {
  if (exponent !== null)
    return `${quoted(exponent)} is read as ${Number(exponent)}: write type: string, if it is a code`;
  return one === undefined || other === undefined
    ? null
    : `${quoted(one)} and ${quoted(other)} are one number: write type: string, if they are codes`;
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
