import { mustAddUp, missesOne } from './probability-sums.ts';
import type { PredictionFaults } from './task.ts';

type Counted = Pick<PredictionFaults, 'rows' | 'notFinite' | 'outside' | 'uneven' | 'first'>;
type Kind = 'notFinite' | 'outside' | 'uneven';

/** Rows with a probability that is NaN or infinite, else with one outside [0, 1], else whose probabilities do not add up to 1; and the first. */
export function probabilityFaults(scores: Float64Array, width: number): Counted {
  const counts = { notFinite: 0, outside: 0, uneven: 0 };
  const rows = scores.length / width;
  let first: PredictionFaults['first'] = null;
  for (let row = 0; row < rows; row += 1) {
    const fault = faultOf(scores, row * width, width);
    if (fault === null) continue;
    counts[fault.kind] += 1;
    first ??= { row, value: fault.value };
  }
  return { rows, ...counts, first };
}

function faultOf(scores: Float64Array, from: number, width: number): { kind: Kind; value: string } | null {
  let sum = 0;
  let outside: number | null = null;
  for (let i = from; i < from + width; i += 1) {
    const value = scores[i]!;
    sum += value;
    if (value >= 0 && value <= 1) continue;
    if (!Number.isFinite(value)) return { kind: 'notFinite', value: String(value) };
    outside ??= value;
  }
  if (outside !== null) return { kind: 'outside', value: String(outside) };
  return mustAddUp(width) && missesOne(sum)
    ? { kind: 'uneven', value: `a sum of ${Number(sum.toPrecision(4))}` }
    : null;
}

/** How many predictions are none. */
export const faultyRows = ({
  notFinite,
  outside,
  uneven = 0,
}: Pick<PredictionFaults, 'notFinite' | 'outside' | 'uneven'>): number => notFinite + outside + uneven;

export const hasFaults = (faults: Pick<PredictionFaults, 'notFinite' | 'outside' | 'uneven'>): boolean =>
  faultyRows(faults) > 0;
