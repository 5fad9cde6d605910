import { z } from 'zod';

export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;
const unitMs = { ms: 1, s: 1_000, m: minuteMs, h: hourMs, d: dayMs } as const;

/** Ten years: what is longer is a slip of the pen, and ends in dates that there are not. */
const mostDays = 3_650;
/** Node's timers fire at once where they are set to more than 2^31 - 1 milliseconds. */
const mostTimerDays = 24;

const wanted = 'expected a duration like 250ms, 30s, 5m, 2h or 7d, or a number of milliseconds';

const written = z.union(
  [
    z.number().min(0),
    z
      .string()
      .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, wanted)
      .transform((text) => {
        const [, amount = '0', unit = 'ms'] = /^([\d.]+)(ms|s|m|h|d)$/.exec(text) ?? [];
        return Number(amount) * unitMs[unit as keyof typeof unitMs];
      }),
  ],
  wanted,
);

/** Milliseconds, written as a number of milliseconds or as `250ms`, `30s`, `5m`, `2h`, `7d`; at most `3650d`. */
export const durationSchema = written
  .refine((ms) => ms <= mostDays * unitMs.d, `expected a duration of at most ${mostDays}d`)
  .meta({ unit: 'duration' });

/** As `durationSchema`, of what a process waits for by a timer of its own: at most `24d`. */
export const timerDurationSchema = written
  .refine((ms) => ms <= mostTimerDays * unitMs.d, `expected a duration of at most ${mostTimerDays}d`)
  .meta({ unit: 'duration' });

/** As `durationSchema`, above 0. */
export const positiveDurationSchema = durationSchema.refine((ms) => ms > 0, 'expected a duration above 0');
