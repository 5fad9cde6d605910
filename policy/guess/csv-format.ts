import type { ColumnFacts } from '../../contracts/data/file-facts.ts';

/** What the table engine does not find in a CSV file by itself. */
export interface CsvGuess {
  /** Null for a point. */
  readonly decimal: { readonly value: ','; readonly why: string } | null;
  /** Null where no column needs a format. */
  readonly time: { readonly value: string; readonly why: string } | null;
}

/** How the numbers and times of a file are written. A file has one form of each, so the one of the most columns is taken. */
export const guessCsv = (columns: readonly ColumnFacts[], time?: string, delimiter = ','): CsvGuess => ({
  decimal: guessDecimal(columns) ?? guessThousands(columns, delimiter),
  time: guessTime(columns, time),
});

function guessDecimal(columns: readonly ColumnFacts[]): CsvGuess['decimal'] {
  const withComma = columns.filter(
    ({ comma, filled, values }) => comma.certain > 0 && comma.number === filled && values.number < filled,
  );
  const withPoint = columns.filter(
    ({ comma, filled, values, points }) => points > 0 && values.number === filled && comma.number < filled,
  );
  const [first] = withComma;
  if (first === undefined || withPoint.length >= withComma.length) return null;
  return { value: ',', why: `numbers of ${JSON.stringify(first.name)} have a comma` };
}

/** Whether each point of a column is before three digits alone, and each number below 1000 has none: they may part thousands. */
export const mayPartThousands = ({ thousands, belowThousand, filled }: ColumnFacts): boolean =>
  thousands > 0 && belowThousand > 0 && thousands + belowThousand === filled;

/** Files with a semicolon or a tab come from where a comma precedes the fraction. A number with another point says that a point does. */
function guessThousands(columns: readonly ColumnFacts[], delimiter: string): CsvGuess['decimal'] {
  if (delimiter !== ';' && delimiter !== '\t') return null;
  const found = columns.filter(mayPartThousands);
  const [first] = found;
  const others = columns.filter((column) => column.points > 0 && !found.includes(column));
  if (first === undefined || others.length > 0) return null;
  return {
    value: ',',
    why: `points of ${JSON.stringify(first.name)} are before three digits alone, as between thousands: remove this line if they precede a fraction`,
  };
}

/** Formats that read every cell of a column; none where ISO 8601 does. */
export const formatsOf = ({ values, filled, times }: ColumnFacts): string[] =>
  filled === 0 || values.timestamp === filled
    ? []
    : Object.entries(times)
        .filter(([, cells]) => cells === filled)
        .map(([format]) => format);

/** Formats that exchange day and month where each reads every cell: nothing tells the 3rd of April from the 4th of March. */
export const ambiguousFormats = (column: ColumnFacts): string[] => {
  const formats = formatsOf(column);
  return formats.length > 1 ? formats : [];
};

function guessTime(columns: readonly ColumnFacts[], asked?: string): CsvGuess['time'] {
  const certain = columns.flatMap((column) => {
    const [format, ...others] = formatsOf(column);
    return format === undefined || others.length > 0 ? [] : [{ name: column.name, format }];
  });
  const columnsOf = (format: string): number => certain.filter((one) => one.format === format).length;
  const [best] = certain.toSorted(
    (a, b) => Number(b.name === asked) - Number(a.name === asked) || columnsOf(b.format) - columnsOf(a.format),
  );
  return best === undefined ? null : { value: best.format, why: `every ${JSON.stringify(best.name)} reads so` };
}
