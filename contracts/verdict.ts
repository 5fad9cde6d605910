import { z } from 'zod';

export const statusSchema = z.enum(['pass', 'warn', 'fail', 'inconclusive', 'skipped']);
export type Status = z.infer<typeof statusSchema>;

/** One comparison of an observed number or text with its limit. */
export const checkSchema = z.object({
  /** Stable, dotted: `auc.nonInferior`, `AGEP.range`. */
  name: z.string(),
  status: statusSchema,
  observed: z.union([z.number(), z.string(), z.null()]),
  limit: z.union([z.number(), z.string(), z.null()]),
  /** An inconclusive check holds its gate only when it is required. */
  required: z.boolean().default(true),
  /** A sentence for people: what was compared, and what to do when it failed. */
  message: z.string(),
});
export type Check = z.infer<typeof checkSchema>;

/** A gate fails if a check fails, else is inconclusive if a required check is, else warns, else passes; one that judged nothing is skipped. */
export const verdictSchema = z.object({
  status: statusSchema,
  checks: z.array(checkSchema),
});
export type Verdict = z.infer<typeof verdictSchema>;
