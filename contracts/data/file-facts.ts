import type { Column, CsvFormat } from './dataset.ts';

/** What a column of a file holds that no definition describes yet. Counts are of all rows. */
export interface ColumnFacts {
  readonly name: string;
  readonly rows: number;
  /** Cells that are not empty. */
  readonly texts: number;
  /** Cells that are neither empty, blank, NaN nor a word for missing. */
  readonly filled: number;
  /** The words for missing that occur. */
  readonly words: readonly { readonly word: string; readonly rows: number }[];
  /** Different texts, words for missing included. */
  readonly distinct: number;
  /** The most frequent texts. */
  readonly top: readonly { readonly value: string; readonly rows: number }[];
  /** By type, cells that are a value of it; of numbers those that float32 holds. */
  readonly values: Readonly<Record<Column['type'], number>>;
  /** The most frequent cells among numbers that are none, or none that float32 holds, such as `inf`. */
  readonly odd: readonly string[];
  /** Numbers of 1e15 or more in size, which are ids where all are whole: float32 would merge them. */
  readonly wide: number;
  /** Cells that are numbers but for a sign of percent or money, or commas between thousands. */
  readonly dressed: number;
  /** Numbers with a point in them. */
  readonly points: number;
  /** Cells such as `02134`. */
  readonly leadingZeros: number;
  /** Whole numbers that are days from 1900 to 2100 written as `20220102`. */
  readonly compactDays: number;
  /** Cells such as `05-Jan-22` and `05.01.22`: times in a form that no format reads. */
  readonly otherTimes: number;
  /** Of a CSV file: cells such as `1.234`, whose points may part thousands, and whole numbers below 1000. */
  readonly thousands: number;
  readonly belowThousand: number;
  /** A number with an exponent and no point or sign, such as `12E4`, which may be a code; null where there is none. */
  readonly exponent: string | null;
  /** Texts of one number such as `1.1` and `1.10`; none where each has one text. */
  readonly alike: readonly string[];
  readonly min: number | null;
  readonly max: number | null;
  /** `values` and what follows, if a comma precedes the fraction; `certain` cells have a comma that cannot part thousands. */
  readonly comma: {
    readonly integer: number;
    readonly number: number;
    readonly certain: number;
    readonly odd: readonly string[];
    readonly min: number | null;
    readonly max: number | null;
  };
  /** By format of `csv.time`, cells that are times in it or in ISO 8601. Formats without any are left out. */
  readonly times: Readonly<Record<string, number>>;
  /** Beside the target, in rows with a label. */
  readonly target: {
    readonly rows: number;
    /** Rows whose text is the label. */
    readonly same: number;
    /** Different texts, a missing one included, and different pairs of a text and a label. */
    readonly texts: number;
    readonly pairs: number;
    /** Pearson's correlation of the numbers, in [-1, 1]; null if there is none, or the target is not more than two numbers. */
    readonly correlation: number | null;
  };
}

export interface FileFacts {
  readonly rows: number;
  /** How a CSV file was read; null for other files. */
  readonly csv: Required<Pick<CsvFormat, 'delimiter' | 'encoding'>> | null;
  readonly columns: readonly ColumnFacts[];
  /** Names of columns of lists or objects, which no definition can declare. */
  readonly nested: readonly string[];
}
