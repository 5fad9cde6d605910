import { z } from 'zod';
import { metricNames } from '../model/tasks/metric-names.ts';
import { taskNames } from '../model/tasks/names.ts';
import { verdictSchema } from '../verdict.ts';
import { differenceSchema, metricValuesSchema } from './quality.ts';

/** One training on a part of the rows, tested on another part. */
export const foldEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.fold/1'),
  /** The run that trained it. */
  run: z.string(),
  /** From 0. */
  index: z.int(),
  rows: z.object({ train: z.int(), validation: z.int(), test: z.int() }),
  /** Epochs that were trained, and the one whose weights were kept: folds stop by their own validation rows. */
  epochs: z.int(),
  bestEpoch: z.int(),
  /** On its test rows; null where one is undefined on them. */
  metrics: metricValuesSchema,
  /** What the best constant of its training rows gets on the same rows, and that constant in words. */
  baseline: z.object({ answer: z.string(), metrics: metricValuesSchema }),
});
export type FoldEvidence = z.infer<typeof foldEvidenceSchema>;

export const foldsEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.folds/1'),
  run: z.string(),
  task: z.enum(taskNames),
  /** Whether each fold tests on later rows than it trains on. */
  isRolling: z.boolean(),
  /** Of the intervals: each is two-sided at `1 - alpha`. */
  alpha: z.number(),
  folds: z.array(foldEvidenceSchema.omit({ schema: true })),
  /** Mean over the folds of each metric that all of them could measure. */
  means: z.array(differenceSchema),
  /** Mean of the primary metric less that of the constant; null where a fold could not measure it. */
  gain: differenceSchema.nullable(),
  primary: z.enum(metricNames),
  verdict: verdictSchema,
});
export type FoldsEvidence = z.infer<typeof foldsEvidenceSchema>;
