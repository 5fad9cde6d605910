import { z } from 'zod';
import { nonBlank } from '../text.ts';

const rangeSchema = z.union([
  z.strictObject({
    from: z.number().describe('Least value.'),
    to: z.number().describe('Greatest value.'),
    scale: z
      .enum(['linear', 'log'])
      .default('linear')
      .describe('`log` draws each power of ten as often, such as of a learning rate.'),
  }),
  z.strictObject({ of: z.array(z.unknown()).min(2).max(100).describe('The values that are tried.') }),
]);
export type Range = z.infer<typeof rangeSchema>;

/** Trials that a history can hold. */
const mostTrials = 200;

export const searchSchema = z.strictObject({
  ranges: z
    .record(nonBlank, rangeSchema)
    .refine((ranges) => Object.keys(ranges).length > 0, 'names no setting')
    .describe(
      'By setting of the trainer, the values that are tried. A setting of a program is written `parameters.<name>`. Whole numbers are tried where the setting takes no others.',
    ),
  method: z
    .enum(['tpe', 'halving', 'random'])
    .default('tpe')
    .describe(
      '`tpe` draws near the settings that did well and ends a trial early that is behind half of the others; `halving` begins all trials, and goes on with the better third after a ninth and a third of their steps; `random` draws by the ranges alone.',
    ),
  trials: z
    .int()
    .positive()
    .max(mostTrials)
    .default(30)
    .meta({ unit: 'trials' })
    .describe('Most settings that are tried.'),
  parallel: z
    .int()
    .positive()
    .max(32)
    .default(2)
    .meta({ unit: 'trials' })
    .describe('Trials at a time, as far as workers are free. Another number draws other settings.'),
  minutes: z
    .number()
    .positive()
    .max(7 * 24 * 60)
    .optional()
    .meta({ unit: 'minutes' })
    .describe('After so many no further trial begins. Default: no limit.'),
});
export type Search = z.infer<typeof searchSchema>;
