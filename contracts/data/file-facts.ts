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
  readonly min: number | null;
  readonly max: number | null;
  /** The same, if a comma precedes the fraction; `certain` cells have a comma that cannot part thousands. */
  readonly comma: {
    readonly integer: number;
    readonly number: number;
    readonly certain: number;
    readonly odd: readonly string[];
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
    /** Pearson's correlation of the numbers, in [-1, 1]; null if there is none, or the target is not more than a few numbers. */
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
