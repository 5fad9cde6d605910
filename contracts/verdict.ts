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

/** From 0, the worst: a failure, a required check without an answer, a warning, an unrequired check without an answer, a pass, 5 for skipped. */
export function severityOf({ status, required }: Pick<Check, 'status' | 'required'>): number {
  switch (status) {
    case 'fail':
      return 0;
    case 'inconclusive':
      return required ? 1 : 3;
    case 'warn':
      return 2;
    case 'pass':
      return 4;
    case 'skipped':
      return 5;
  }
}

/** A gate fails if a check fails, else is inconclusive if a required check is, else warns, else passes; one that judged nothing is skipped. */
export const verdictSchema = z.object({
  status: statusSchema,
  checks: z.array(checkSchema),
});
export type Verdict = z.infer<typeof verdictSchema>;
