import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { LogSegment } from '../../contracts/prediction-log.ts';
import type { MoreColumns } from './read-compact.ts';

/** Of a row: its columns twice while they are read, and its places in the tables of what came first. */
const rowBytes = 2 * 76 + 160;

/** Bytes that an analysis of so many rows may hold at once, at most; DuckDB's own limit comes on top. */
export const analysisBytes = (rows: number, { inputs, scores, values, copySalt }: MoreColumns): number =>
  rows * (rowBytes + 2 * (4 * inputs.length + 8 * (Number(scores) + Number(values) + Number(copySalt !== null))));

/** Throws `MemoryBudgetError` before an analysis begins that would hold more than the budget. */
export function checkBudget(
  model: string,
  segments: readonly LogSegment[],
  more: MoreColumns,
  budgetBytes: number,
): void {
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  const bytes = analysisBytes(rows, more);
  if (bytes <= budgetBytes) return;
  throw new PawlError(
    errorTypes.memoryBudget,
    `the release of "${model}" has ${rows} rows in the prediction log, which take ${mebibytes(bytes)} to analyse where ${mebibytes(budgetBytes)} may be used: shorten the release, mirror a smaller sample, or give the worker more memory`,
    { model, rows, bytes, budgetBytes },
  );
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
