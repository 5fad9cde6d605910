import type { PredictionFaults } from './task.ts';

/** Probabilities that are NaN or infinite, and finite ones outside [0, 1], with the first row that has one. */
export function probabilityFaults(
  scores: Float64Array,
  width: number,
): Pick<PredictionFaults, 'rows' | 'notFinite' | 'outside' | 'first'> {
  let [notFinite, outside] = [0, 0];
  let first: PredictionFaults['first'] = null;
  for (const [place, value] of scores.entries()) {
    if (value >= 0 && value <= 1) continue;
    if (Number.isFinite(value)) outside += 1;
    else notFinite += 1;
    first ??= { row: Math.floor(place / width), value: String(value) };
  }
  return { rows: scores.length / width, notFinite, outside, first };
}

export const hasFaults = ({ notFinite, outside }: Pick<PredictionFaults, 'notFinite' | 'outside'>): boolean =>
  notFinite + outside > 0;
