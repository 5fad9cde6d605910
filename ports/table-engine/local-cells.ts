import type { CsvFormat, DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { Bind } from '../sql.ts';
import { identifier } from './connection.ts';

/** A number with a decimal comma, and points, apostrophes or blanks between its thousands. */
const withComma = String.raw`\s*[+-]?(\d+|[1-9]\d{0,2}([.' \x{A0}\x{202F}]\d{3})+)?(,\d*)?([eE][+-]?\d+)?\s*`;
const betweenThousands = String.raw`[.' \x{A0}\x{202F}]`;
/** As `contracts/data/moment.ts` reads times. */
const iso = '%Y-%m-%dT%H:%M:%S.%f';

/**
 * A relation of text columns whose declared numbers and times are written as in the file's country, with these as `contracts/data/cell.ts` reads them.
 * A number with a point that is between no thousands is told apart, so that it is read as none.
 */
export function withLocalCells(
  bind: Bind,
  relation: string,
  names: readonly string[],
  declared: DatasetDefinition['columns'],
  { decimal = '.', time }: Pick<CsvFormat, 'decimal' | 'time'>,
): string {
  if (decimal === '.' && time === undefined) return relation;
  const cells = names.map((name) => {
    const type = declared[name]?.type;
    const isNumber = type === 'number' || type === 'integer';
    const value =
      isNumber && decimal === ','
        ? numberOf(bind, identifier(name))
        : type === 'timestamp' && time !== undefined
          ? timeOf(bind, identifier(name), time)
          : identifier(name);
    return `${value} as ${identifier(name)}`;
  });
  return `(select ${cells.join(', ')} from ${relation})`;
}

const numberOf = (bind: Bind, column: string): string =>
  `case when regexp_full_match(${column}, ${bind(withComma)})
     then replace(regexp_replace(${column}, ${bind(betweenThousands)}, '', 'g'), ',', '.')
     when regexp_matches(${column}, '\\d\\.\\d') then ${column} || ' (with a point)' else ${column} end`;

const timeOf = (bind: Bind, column: string, format: string): string =>
  `coalesce(strftime(try_strptime(trim(${column}), ${bind(format)}), ${bind(iso)}), ${column})`;
