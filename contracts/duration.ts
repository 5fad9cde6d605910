import { z } from 'zod';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds, written as a number of milliseconds or as `250ms`, `30s`, `5m`, `2h`, `7d`. */
export const durationSchema = z.union([
  z.number().min(0),
  z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'expected a duration like 250ms, 30s, 5m, 2h or 7d')
    .transform((text) => {
      const [, amount = '0', unit = 'ms'] = /^([\d.]+)(ms|s|m|h|d)$/.exec(text) ?? [];
      return Number(amount) * unitMs[unit as keyof typeof unitMs];
    }),
]);

/** As `durationSchema`, above 0. */
export const positiveDurationSchema = durationSchema.refine((ms) => ms > 0, 'expected a duration above 0');
