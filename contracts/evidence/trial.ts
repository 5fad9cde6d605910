import { z } from 'zod';
import { drawnInputSchema } from './drawn-input.ts';
import { verdictSchema } from '../verdict.ts';

/** How a model on tensors answered made-up rows: what can be known of it before it has requests. */
export const trialEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.trial/1'),
  run: z.string(),
  /** What each input was given. */
  inputs: z.array(drawnInputSchema),
  /** Made-up rows, each asked alone. */
  rows: z.int(),
  /** Those that got a valid answer. */
  answered: z.int(),
  /** First messages of the others. */
  failures: z.array(z.string()),
  /** Different answers. */
  distinct: z.int(),
  /** Whether rows that are asked together get the answers that they get alone. */
  isSeparate: z.boolean(),
  /** Labels in the order of the model; none of numbers. */
  labels: z.array(z.string()),
  /** Of a version that is replaced: inputs that only one of the two takes. */
  champion: z
    .object({
      version: z.int(),
      missing: z.array(z.string()),
      added: z.array(z.string()),
      /** Its labels in their order, where they are not the candidate's in theirs; absent where they are. */
      labels: z.array(z.string()).optional(),
    })
    .nullable(),
  /** Of numbers, what errors are bounded by, and between which ranges answers are told apart; as of `pawl.evidence.quality/1`. */
  errorCap: z.number(),
  sameWithin: z.number(),
  predictionEdges: z.array(z.number()),
  verdict: verdictSchema,
});
export type TrialEvidence = z.infer<typeof trialEvidenceSchema>;
