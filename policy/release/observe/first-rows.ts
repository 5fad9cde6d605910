import type { Arm } from '../../../contracts/release/arm.ts';
import { numberAt, type EarliestRows } from './earliest-rows.ts';
import type { ReleaseWindow } from './release-window.ts';
import type { CompactSegment } from './log-columns.ts';
import { shareOf, armOf } from './arm.ts';

/** A row that is the first of its key in something: what it is first in, who answered it, and the share in force. */
export interface FirstRow {
  readonly segment: CompactSegment;
  readonly row: number;
  readonly bits: number;
  readonly arm: Arm;
  readonly share: number;
}

/** Walks over the rows that `first` kept, by the version that answered; `bitOf` a tag is what such a row is first in. */
export function forEachFirst(
  first: EarliestRows,
  { window, segments }: { readonly window: ReleaseWindow; readonly segments: readonly CompactSegment[] },
  bitOf: (tag: number) => number,
  take: (row: FirstRow) => void,
): void {
  for (const [number, marks] of first.marks(bitOf).entries()) {
    const segment = segments[number];
    if (segment === undefined) continue;
    for (let row = 0; row < segment.rows; row += 1) {
      const bits = marks[row] ?? 0;
      const arm = bits === 0 ? null : armOf(window, numberAt(segment.version, row));
      if (arm !== null) take({ segment, row, bits, arm, share: shareOf(segment, row, arm) });
    }
  }
}
