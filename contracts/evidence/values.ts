import { z } from 'zod';

/** Steps of the declared range of values. */
export const valueSteps = 1_000;
/** Parts of a step to which values are known. */
export const partsPerStep = 1_000;

/**
 * `[n, keys, low, high]`: so many keys have a value from n to below n + 1 steps above the begin of the range. How far above n they
 * are, in parts of a step and added up, is from `low` (each rounded down) to `high` (each rounded up).
 */
export const steppedValuesSchema = z.tuple([z.int(), z.int(), z.int(), z.int()]);
export type SteppedValues = z.infer<typeof steppedValuesSchema>;

/**
 * Sticky keys by the first of their live requests while the canary had a share in (0, 1), by that share, the version that answered
 * and the value that came back for the answer.
 */
export const valuedKeysSchema = z.object({
  share: z.number(),
  arm: z.enum(['champion', 'canary']),
  /** In the order of the steps; only those that have keys. */
  values: z.array(steppedValuesSchema),
  /** Keys whose value has not come. */
  missing: z.int(),
  /** Of the values, those outside the range, which count as its nearer end. */
  outside: z.int(),
});
export type ValuedKeys = z.infer<typeof valuedKeysSchema>;

/** Range within which values are judged, in their own unit. */
export interface ValueRange {
  readonly from: number;
  readonly to: number;
}

/** Where one value lies, as `steppedValuesSchema` counts it; what is outside the range is at its nearer end. */
export function placeOfValue(value: number, { from, to }: ValueRange): { step: number; low: number; high: number } {
  if (value <= from) return { step: 0, low: 0, high: 0 };
  if (value >= to) return { step: valueSteps, low: 0, high: 0 };
  const place = ((value - from) * valueSteps) / (to - from);
  const step = Math.min(valueSteps - 1, Math.floor(place));
  const parts = Math.min(partsPerStep, (place - step) * partsPerStep);
  return { step, low: Math.floor(parts), high: Math.ceil(parts) };
}
