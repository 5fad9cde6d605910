import type { Arm } from '../../../contracts/release/arm.ts';
import { placeOfValue, type SteppedValues, type ValueRange } from '../../../contracts/evidence/values.ts';

interface Place {
  readonly share: number;
  readonly arm: Arm;
}

/** What is counted by the share in force and the version that answered. */
export class CellsByShare<Cell extends Place> {
  readonly #cells: Cell[] = [];
  readonly #make: (place: Place) => Cell;

  constructor(make: (place: Place) => Cell) {
    this.#make = make;
  }

  at(share: number, arm: Arm): Cell {
    const known = this.#cells.find((cell) => cell.share === share && cell.arm === arm);
    if (known !== undefined) return known;
    const made = this.#make({ share, arm });
    this.#cells.push(made);
    return made;
  }

  /** By share, the champion's first. */
  sorted(): Cell[] {
    return this.#cells.toSorted((a, b) => a.share - b.share || (a.arm === 'champion' ? -1 : 1));
  }
}

/** Values by the step of their range. */
export class StepCounts {
  readonly #steps = new Map<number, SteppedValues>();

  add(value: number, range: ValueRange): void {
    const { step, low, high } = placeOfValue(value, range);
    const [, keys, lows, highs] = this.#steps.get(step) ?? [step, 0, 0, 0];
    this.#steps.set(step, [step, keys + 1, lows + low, highs + high]);
  }

  /** In the order of the steps. */
  sorted(): SteppedValues[] {
    return [...this.#steps.values()].toSorted(([a], [b]) => a - b);
  }
}
