import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { LogSegment } from '../../contracts/serving/prediction-log.ts';
import type { MoreColumns } from '../../policy/release/observe/log-columns.ts';

/** Of a row: its columns twice while they are read, and its places in the tables of what came first. */
const rowBytes = 2 * 84 + 160;

/** Bytes that an analysis of so many rows may hold at once, at most; DuckDB's own limit comes on top. */
export const analysisBytes = (rows: number, { inputs, scores, values, mirrorSalt }: MoreColumns): number =>
  rows * (rowBytes + 2 * (4 * inputs.length + 8 * (Number(scores) + Number(values) + Number(mirrorSalt !== null))));

/** Throws `MemoryBudgetError` before an analysis begins that would hold more than the budget. */
export function checkBudget(
  model: string,
  segments: readonly LogSegment[],
  more: MoreColumns,
  budgetBytes: number,
): void {
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  mustFit(
    { model, rows, bytes: analysisBytes(rows, more), budgetBytes },
    {
      what: `the release of "${model}" has ${rows} rows in the prediction log`,
      todo: 'shorten the release, mirror a smaller sample, or give the worker more memory',
    },
  );
}

/** Of an answered request of a monitor's window: what it and its label came to, the number of its key twice, and places in the order of keys. */
const liveRowBytes = 72;
/** Of a row in a column: a number or the place of its text, and its code and bin while the column is read and binned. */
const liveCellBytes = 8 + 16;
/** Of a text besides its characters, which take two bytes each. */
const textBytes = 32;

/** What a monitor's window holds in memory. */
export interface LiveSize {
  /** Answered requests. */
  readonly rows: number;
  readonly columns: number;
  /** Different texts of each column, and the characters of all of them. */
  readonly texts: number;
  readonly characters: number;
}

/** Bytes that an analysis of a monitor's window may hold at once, at most; DuckDB's own limit comes on top. */
export const liveBytes = ({ rows, columns, texts, characters }: LiveSize): number =>
  rows * (liveRowBytes + columns * liveCellBytes) + texts * textBytes + 2 * characters;

/** Throws `MemoryBudgetError` before a monitor's window is read that would hold more than the budget. */
export function checkLiveBudget(model: string, size: LiveSize, budgetBytes: number): void {
  const { rows, columns } = size;
  mustFit(
    { model, rows, bytes: liveBytes(size), budgetBytes },
    {
      what: `the monitor's window of "${model}" has ${rows} answered requests with ${columns} columns`,
      todo: 'shorten monitor.window, leave out columns of free text by serving.log.drop, or give the worker more memory',
    },
  );
}

interface Needed {
  readonly model: string;
  readonly rows: number;
  readonly bytes: number;
  readonly budgetBytes: number;
}

function mustFit(needed: Needed, { what, todo }: { readonly what: string; readonly todo: string }): void {
  const { bytes, budgetBytes } = needed;
  if (bytes <= budgetBytes) return;
  throw new PawlError(
    errorTypes.memoryBudget,
    `${what}, which take ${mebibytes(bytes)} to analyse where ${mebibytes(budgetBytes)} may be used: ${todo}`,
    { ...needed },
  );
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
