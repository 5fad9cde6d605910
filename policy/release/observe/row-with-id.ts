import { numberAt, textAt, type EarliestRows } from './earliest-rows.ts';
import type { CompactSegment } from './log-columns.ts';

export interface RowOf {
  readonly segment: CompactSegment;
  readonly row: number;
}

/** The label that was answered, or that came; null where there is none. */
export const labelOf = ({ segment, row }: RowOf): string | null => textAt(segment.texts, segment.label, row);

/** Whether the version failed on the row. */
export const hasFailed = ({ segment, row }: RowOf): boolean => segment.isError[row] === 1;

/** The earliest row of that kind with the id of the given one; null where none came. `rows` are tagged by kind. */
export function rowWithId(
  rows: EarliestRows,
  segments: readonly CompactSegment[],
  kind: number,
  { segment: of, row }: RowOf,
): RowOf | null {
  const slot = rows.slotOf(kind, numberAt(of.idHigh, row), numberAt(of.idLow, row));
  const number = rows.numberAt(slot);
  const segment = number < 0 ? undefined : segments[number];
  return segment === undefined ? null : { segment, row: rows.rowAt(slot) };
}
