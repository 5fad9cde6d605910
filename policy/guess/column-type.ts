import type { Column } from '../../contracts/data/dataset.ts';
import type { ColumnFacts } from '../../contracts/data/file-facts.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { percent } from '../check.ts';
import { ambiguousFormats, formatsOf, type CsvGuess } from './csv-format.ts';

export interface TypeGuess {
  readonly type: Column['type'];
  /** Words for missing that the column has; none where it is text. */
  readonly missing: readonly string[];
  readonly nullable: boolean;
  /** Cells without a value. */
  readonly absent: number;
  readonly why: string;
  /** Range of its numbers, as they are read. */
  readonly min: number | null;
  readonly max: number | null;
  /** Why a column of text is hardly a text, and what to do; null where nothing is doubtful. */
  readonly doubt: string | null;
  /** What cells of a column of text keep it from being one of numbers; null where it is none. */
  readonly oddCells: string | null;
}

/** Share of the cells from which on a column of text is said to be of another type with faults. */
const mostly = 0.5;

/** The type that every cell of a column has; text where there is none. */
export function guessType(column: ColumnFacts, csv: CsvGuess): TypeGuess {
  const found = otherThanText(column, csv);
  const type = found?.type ?? 'string';
  const present = type === 'string' ? column.texts : column.filled;
  return {
    type,
    missing: type === 'string' ? [] : column.words.map(({ word }) => word),
    nullable: present < column.rows,
    absent: column.rows - present,
    why: found?.why ?? textBecause(column),
    min: csv.decimal === null ? column.min : column.comma.min,
    max: csv.decimal === null ? column.max : column.comma.max,
    doubt: type === 'string' ? doubtOf(column, csv) : null,
    oddCells: type === 'string' ? oddCells(column, csv) : null,
  };
}

const numbersOf = ({ values, comma }: ColumnFacts, { decimal }: CsvGuess) =>
  decimal === null ? { integer: values.integer, number: values.number } : comma;

function otherThanText(column: ColumnFacts, csv: CsvGuess): Pick<TypeGuess, 'type' | 'why'> | null {
  const { filled, values, leadingZeros, wide } = column;
  if (filled === 0) return null;
  const { integer, number } = numbersOf(column, csv);
  if (leadingZeros === 0 && integer === filled && wide === 0)
    return { type: 'integer', why: 'every value is a whole number' };
  if (leadingZeros === 0 && number === filled && integer < filled)
    return { type: 'number', why: 'every value is a number' };
  if (values.boolean === filled) return { type: 'boolean', why: 'every value is a spelling of true or false' };
  if (values.timestamp === filled) return { type: 'timestamp', why: 'every value is a time in ISO 8601' };
  if (csv.time !== null && formatsOf(column).includes(csv.time.value))
    return {
      type: 'timestamp',
      why: `every value is a time as ${csv.time.value}${ambiguousFormats(column).length === 0 ? '' : ', which another column tells'}`,
    };
  return null;
}

function textBecause({ leadingZeros, values, filled }: ColumnFacts): string {
  if (leadingZeros > 0 && values.number === filled) return 'values begin with 0, which a number would lose';
  return values.number === filled ? 'the whole numbers are too long for float32' : 'values are texts';
}

/** The way of writing numbers that most cells of a column have. */
function readingOf(column: ColumnFacts, csv: CsvGuess): { number: number; odd: readonly string[]; what: string } {
  const { comma, values, odd } = column;
  const isComma = csv.decimal !== null || (comma.certain > 0 && comma.number > values.number);
  const what = isComma && csv.decimal === null ? 'with a decimal comma' : 'that a model can take';
  return isComma ? { ...comma, what } : { number: values.number, odd, what };
}

function oddCells(column: ColumnFacts, csv: CsvGuess): string | null {
  const { filled, values, leadingZeros, wide, max, min } = column;
  if (filled === 0 || leadingZeros > 0) return null;
  const { number, odd, what } = readingOf(column, csv);
  const count = filled - number;
  if (count > 0 && number >= mostly * filled) {
    const shown = odd.length === 0 ? '' : ` (${odd.map((cell) => JSON.stringify(shownText(cell, 30))).join(', ')})`;
    const [are, numbers] = count === 1 ? ['is', 'not a number'] : ['are', 'not numbers'];
    return `${count} of ${filled} values ${are} ${numbers} ${what}${shown}`;
  }
  if (values.integer === filled && wide > 0 && wide < mostly * filled) {
    const largest = Math.abs(min ?? 0) > Math.abs(max ?? 0) ? min : max;
    return `${wide} of ${filled} values ${wide === 1 ? 'is' : 'are'} as long as ids are, and the others are not (${largest})`;
  }
  return null;
}

function doubtOf(column: ColumnFacts, csv: CsvGuess): string | null {
  const { filled, values } = column;
  const ambiguous = ambiguousFormats(column);
  if (ambiguous.length > 0) return `its times can be ${ambiguous.join(' or ')}: declare csv.time, and type: timestamp`;
  const [other] = formatsOf(column);
  if (other !== undefined)
    return `its times are ${other}, and csv.time is ${csv.time?.value ?? 'another'}: write one format in the file`;
  const odd = oddCells(column, csv);
  if (odd !== null) return `${odd}: correct them, or list them under missing, and write type: number`;
  const { dressed, top } = column;
  if (dressed > 0 && dressed + values.number >= mostly * filled)
    return `${dressed} of ${filled} values are numbers with a sign or commas (${JSON.stringify(shownText(top[0]?.value ?? '', 30))}): write plain numbers`;
  if (filled > 0 && column.otherTimes >= mostly * filled)
    return `its values look like times (${JSON.stringify(shownText(top[0]?.value ?? '', 30))}): write them in ISO 8601, such as 2022-01-31`;
  const times = Math.max(values.timestamp, 0, ...Object.values(column.times));
  if (filled > 0 && times >= mostly * filled)
    return `${percent(times / filled)} of its values are times of one form: write one format in the file`;
  return null;
}
