import type { Arm } from '../../../contracts/release/arm.ts';
import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ValuedKeys, ValueRange } from '../../../contracts/evidence/values.ts';
import { numberAt, type EarliestRows } from './earliest-rows.ts';
import type { ReleaseWindow } from './release-window.ts';
import { valueRow, type CompactSegment } from './log-columns.ts';
import { rowWithId } from './row-with-id.ts';
import { CellsByShare, StepCounts } from './stepped-cells.ts';

interface Log {
  /** Values among them, each the earliest of its id. */
  readonly rows: EarliestRows;
  readonly segments: readonly CompactSegment[];
}

/** Values of keys by their first live request, answered or failed. */
export class ValueCounter {
  readonly #log: Log;
  readonly #matureBefore: number;
  readonly #all: ValueCounts;
  readonly #mature: ValueCounts;

  constructor({ matureBefore }: Pick<ReleaseWindow, 'matureBefore'>, range: ValueRange, log: Log) {
    this.#log = log;
    this.#matureBefore = matureBefore;
    this.#all = new ValueCounts(range);
    this.#mature = new ValueCounts(range);
  }

  /** Takes the first request of a key while both versions had a share. */
  add(segment: CompactSegment, row: number, share: number, arm: Arm): void {
    const came = rowWithId(this.#log.rows, this.#log.segments, valueRow, { segment, row });
    const value = came?.segment.value?.[came.row] ?? null;
    this.#all.add(share, arm, value);
    if (numberAt(segment.at, row) < this.#matureBefore) this.#mature.add(share, arm, value);
  }

  counts(): NonNullable<ReleaseObservation['values']> {
    return { all: this.#all.sorted(), mature: this.#mature.sorted() };
  }
}

interface Cell extends Pick<ValuedKeys, 'share' | 'arm'> {
  readonly steps: StepCounts;
  missing: number;
  outside: number;
}

class ValueCounts {
  readonly #range: ValueRange;
  readonly #cells = new CellsByShare<Cell>((place) => ({ ...place, steps: new StepCounts(), missing: 0, outside: 0 }));

  constructor(range: ValueRange) {
    this.#range = range;
  }

  add(share: number, arm: Arm, value: number | null): void {
    const cell = this.#cells.at(share, arm);
    if (value === null) {
      cell.missing += 1;
      return;
    }
    if (value < this.#range.from || value > this.#range.to) cell.outside += 1;
    cell.steps.add(value, this.#range);
  }

  sorted(): ValuedKeys[] {
    return this.#cells.sorted().map(({ steps, ...cell }) => ({ ...cell, values: steps.sorted() }));
  }
}
