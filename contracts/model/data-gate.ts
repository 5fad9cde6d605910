import { z } from 'zod';
import { share } from '../share.ts';

export const rows = z.int().positive().meta({ unit: 'rows' });

export const psi = z.number().min(0);

/** Limits on the lower bound of a column's PSI. */
export const psiLimitsSchema = z.strictObject({
  warn: psi.default(0.1).describe('Above it the gate warns.'),
  hold: psi.default(0.25).describe('Above it the gate is held for a person.'),
  stop: psi
    .nullable()
    .default(null)
    .describe('Above it the run stops; null is never. Drift is what the monitor starts runs for.'),
});
export type PsiLimits = z.infer<typeof psiLimitsSchema>;

const { warn, hold, stop } = psiLimitsSchema.shape;

export const dataGateSchema = z.strictObject({
  minRows: rows.default(500).describe('Fewest rows.'),
  minRowRatio: z
    .number()
    .positive()
    .default(0.1)
    .describe("Least ratio of the row count to the previous snapshot's; below it the gate warns."),
  maxNullShare: share.default(0.05).describe('Greatest share of missing values in a column that may have them.'),
  labelBalance: z
    .tuple([share, share])
    .optional()
    .describe(
      'Range of the share of the positive label, or of each of several. Default: from a tenth of an even share to 0.95, so `[0.05, 0.95]` for two labels.',
    ),
  psi: psiLimitsSchema
    .extend({
      columns: z
        .record(
          z.string(),
          z.union([
            z.literal('off'),
            z.strictObject({
              warn: psi.optional().describe(warn.description ?? ''),
              hold: psi.optional().describe(hold.description ?? ''),
              stop: psi
                .nullable()
                .optional()
                .describe(stop.description ?? ''),
            }),
          ]),
        )
        .default({})
        .describe(
          'By column, other limits; `off` for a column that moves by design, as a year does, here and in the monitor.',
        ),
    })
    .prefault({})
    .describe("Limits on the lower bound of each column's PSI against the champion's training snapshot."),
});
