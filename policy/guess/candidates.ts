/** Words that mean "missing" where the other cells of a column are numbers, booleans or times. */
export const wordsForMissing: readonly string[] =
  'NA N/A n/a na <NA> NULL Null null None none \\N #N/A #DIV/0! #VALUE! #REF! #NUM! - -- ? . missing unknown'.split(
    ' ',
  );

const days = ['%d.%m.%Y', '%d/%m/%Y', '%m/%d/%Y', '%d-%m-%Y', '%m-%d-%Y', '%Y/%m/%d', '%Y.%m.%d'];
const clocks = ['', ' %H:%M', ' %H:%M:%S'];

/** Formats of `csv.time` that are tried. */
export const timeFormats: readonly string[] = days.flatMap((day) => clocks.map((clock) => day + clock));
