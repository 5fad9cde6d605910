import { z } from 'zod';
import { verdictSchema } from '../verdict.ts';

/** Permutation importance: loss of AUC when a column is shuffled, over repetitions. */
export const explanationEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.explanation/1'),
  run: z.string(),
  model: z.string(),
  rows: z.int(),
  metric: z.literal('auc'),
  importances: z.array(z.object({ column: z.string(), mean: z.number(), deviation: z.number() })),
  /** Columns of a wide model whose groups lost too little to be measured one by one. */
  screenedOut: z.int(),
  /** Nothing is judged: it passes, and names the columns that matter most. */
  verdict: verdictSchema,
});
export type ExplanationEvidence = z.infer<typeof explanationEvidenceSchema>;
