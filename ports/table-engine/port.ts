import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { CsvFormat, DataSelection, DatasetDefinition, Snapshot } from '../../contracts/data/dataset.ts';
import type { DataProfile } from '../../contracts/evidence/data.ts';
import type { FileFacts } from '../../contracts/data/file-facts.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import type { SeenRows } from '../../contracts/evidence/quality.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { Signature, Tensor } from '../../contracts/data/tensor.ts';

export type SplitSide = 'train' | 'validation' | 'test';
type Split = ModelDefinition['split'];

/** One of `of` ways to take all rows apart, counted from 0. */
export interface Fold {
  readonly index: number;
  readonly of: number;
}

export interface SplitPart {
  readonly rule: Split;
  readonly side: SplitSide;
  /** @default the parts that the gates judge by */
  readonly fold?: Fold;
}

/** Rows on disk: reads sources, writes snapshots, profiles and hands out columns. Every work ends with the reason of its signal. */
export interface TableEngine {
  /**
   * Copies the selected rows of a local Parquet, CSV or NDJSON file into one Parquet file, in the order of the key.
   * Text stays text: nothing is cast, so that the data checks can judge what came.
   */
  writeSnapshot(
    job: {
      source: string;
      dataset: DatasetDefinition;
      selection: DataSelection;
      target: string;
    },
    signal?: AbortSignal,
  ): Promise<Pick<Snapshot, 'rows' | 'rowCount' | 'columns' | 'timeRange' | 'csv' | 'linesInCells' | 'timeless'>>;
  /** What the data checks judge; `reference` is the champion's training snapshot, for drift. */
  profile(
    job: {
      path: string;
      dataset: DatasetDefinition;
      reference: string | null;
      /** What labels may be. Without it no label is counted. */
      labelSpace?: LabelSpace;
      /** Columns so far, and in all. */
      onColumns?: (done: number, total: number) => void;
    },
    signal?: AbortSignal,
  ): Promise<DataProfile>;
  /**
   * Columns in memory, rows ordered by key. Without `side`, all rows. `limit` takes the first rows in the order of the key's hash; `labelled`
   * leaves out rows without a label before they are split.
   */
  readFrame(
    job: {
      path: string;
      dataset: DatasetDefinition;
      columns: readonly string[];
      split?: SplitPart;
      limit?: number;
      labelled?: boolean;
    },
    signal?: AbortSignal,
  ): Promise<Frame>;
  /** Rows of one side of a snapshot's split, how many of them are among the rows of other files (`seen`: paths), by key and time, and the first of their keys; and how many rows of those files are rows of the snapshot at all. */
  countSeen(
    job: { path: string; dataset: DatasetDefinition; split: SplitPart; seen: readonly string[] },
    signal?: AbortSignal,
  ): Promise<SeenRows>;
  /**
   * Writes the labelled rows of each side of a snapshot's split to a file (Parquet or CSV, by its name), in the order of the key. Declared
   * columns hold what models are given: typed values in Parquet, codes in CSV. Throws `InvalidDataError` with counts and examples
   * for cells that cannot be read as their type, and for labels that are none of the target's.
   */
  writeSides(
    job: {
      path: string;
      dataset: DatasetDefinition;
      labelSpace: LabelSpace;
      rule: Split;
      targets: Readonly<Record<SplitSide, string>>;
    },
    signal?: AbortSignal,
  ): Promise<Readonly<Record<SplitSide, number>>>;
  /**
   * Copies a file's rows, in their order, to a file (Parquet, CSV or NDJSON, by its name) with `prediction`, by task `probability` (of the positive class), a
   * probability of each class or quantiles, and `model_version` beside them. Memory does not grow with the file. Says in how many rows each column was missing,
   * outside its range or of an unknown category. Throws `InvalidDataError` for a column that is missing or would be hidden, for values that cannot be read, for
   * missing ones that are refused, and for rows whose answer is NaN, infinite, or a probability outside [0, 1].
   */
  predictFile(
    job: {
      source: string;
      target: string;
      signature: Signature;
      /** How the rows are to be read: the definition that the version was trained by. */
      dataset: DatasetDefinition;
      /** Labels are written in the words of these. */
      labelSpace: LabelSpace;
      /** A missing value is refused in a column that the dataset does not allow to be null. */
      strict: boolean;
      version: number;
      run: (frame: Frame) => Promise<Readonly<Record<string, Tensor>>>;
      /** Rows so far. */
      onRows: (rows: number) => void;
    },
    signal?: AbortSignal,
  ): Promise<{
    rows: number;
    /** Names of the columns beside those of the file. */
    added: string[];
    /** Rows by column; columns without any are left out. */
    missing: Record<string, number>;
    outside: Record<string, number>;
    unknown: Record<string, number>;
  }>;
  /**
   * Facts about a local Parquet, CSV or NDJSON file that no definition describes yet, by all its rows. `missing` are words that may mean missing,
   * `times` formats of `csv.time` that are tried. Throws `InvalidDataError` for a file that cannot be read, or lacks the target.
   */
  describeFile(
    job: { source: string; target: string; missing: readonly string[]; times: readonly string[] },
    signal?: AbortSignal,
  ): Promise<FileFacts>;
  /** Copies the rows of a file, in their order and as text, to a CSV file, with their number from 1 on in the new `column` before the others. */
  numberRows(
    job: { source: string; target: string; column: string; csv: CsvFormat },
    signal?: AbortSignal,
  ): Promise<void>;
}
