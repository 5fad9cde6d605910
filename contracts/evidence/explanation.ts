import { z } from 'zod';
import { metricNames } from '../model/tasks/metric-names.ts';
import { verdictSchema } from '../verdict.ts';

/** Permutation importance: loss of a metric when a column is shuffled, over repetitions. */
export const explanationEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.explanation/1'),
  run: z.string(),
  model: z.string(),
  rows: z.int(),
  /** What was lost, turned so that more is worse. */
  metric: z.enum(metricNames),
  importances: z.array(z.object({ column: z.string(), mean: z.number(), deviation: z.number() })),
  /** Columns of a wide model whose groups lost too little to be measured one by one. */
  screenedOut: z.int(),
  /** Nothing is judged: it passes, and names the columns that matter most. */
  verdict: verdictSchema,
});
export type ExplanationEvidence = z.infer<typeof explanationEvidenceSchema>;
