import { z } from 'zod';
import { verdictSchema } from '../verdict.ts';
import { driftResultSchema } from './data.ts';

export const monitorEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.monitor/1'),
  model: z.string(),
  version: z.int(),
  from: z.number(),
  to: z.number(),
  requests: z.int(),
  /** Keys with equally many requests that the answered ones are worth. */
  keys: z.number(),
  errors: z.int(),
  labels: z.int(),
  accuracy: z.object({ estimate: z.number(), lower: z.number(), upper: z.number() }).nullable(),
  drift: z.array(driftResultSchema),
  /** Features whose values the log does not hold as they were: dropped or hashed by the serving policy. */
  notLogged: z.array(z.string()),
  verdict: verdictSchema,
  /** Why a run should start; null where none should. */
  trigger: z.string().nullable(),
});
export type MonitorEvidence = z.infer<typeof monitorEvidenceSchema>;
