import { z } from 'zod';
import { digestSchema } from '../digest.ts';
import { analysisDecisions } from '../evidence/release.ts';
import { releaseResultSchema } from './release.ts';
import { statusSchema } from '../verdict.ts';

/** One analysis of a release, as its log keeps it; `evidence` holds all that the decision was made of. */
export const analysisRecordSchema = z.object({
  schema: z.literal('pawl.analysis/1'),
  model: z.string(),
  version: z.int(),
  release: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  phase: z.string(),
  step: z.int(),
  status: statusSchema,
  decision: z.enum(analysisDecisions),
  fired: z.array(z.string()),
  /** What its checks found that did not pass, the worst first. */
  reasons: z.array(z.string()),
  /** What its check of the instances warns of; absent where it does not. */
  instances: z.string().optional(),
  evidence: digestSchema,
});
export type AnalysisRecord = z.infer<typeof analysisRecordSchema>;

/** What a person ordered, or what became of it, in words. */
export const saidSchema = z.object({ at: z.number(), text: z.string() });
export type Said = z.infer<typeof saidSchema>;

/** How a release ended. */
export const releaseRecordSchema = z.object({
  schema: z.literal('pawl.release/1'),
  release: z.string(),
  champion: z.int().nullable(),
  definition: digestSchema,
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  endedAt: z.number(),
  /** The newest commands of people, in order. */
  commands: z.array(saidSchema),
  result: releaseResultSchema,
});
export type ReleaseRecord = z.infer<typeof releaseRecordSchema>;
