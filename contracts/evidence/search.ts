import { z } from 'zod';
import { searchTrialSchema } from '../run/trial.ts';
import { verdictSchema } from '../verdict.ts';

export const searchEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.search/1'),
  run: z.string(),
  method: z.enum(['tpe', 'halving', 'random']),
  /** Names of the settings, in the order of a trial's values. */
  settings: z.array(z.string()),
  /** Each trial with the values that it tried. */
  trials: z.array(searchTrialSchema.omit({ definition: true, point: true }).extend({ values: z.array(z.unknown()) })),
  /** The trial whose settings the run goes on with. */
  chosen: z.int(),
  verdict: verdictSchema,
});
export type SearchEvidence = z.infer<typeof searchEvidenceSchema>;
