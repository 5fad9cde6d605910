import { z } from 'zod';
import { releasePhases } from '../names.ts';
import { verdictSchema } from '../verdict.ts';

/** Counts of one arm since the release began. */
export const armCountsSchema = z.object({
  requests: z.int(),
  errors: z.int(),
  slow: z.int(),
  positives: z.int(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type ArmCounts = z.infer<typeof armCountsSchema>;

/** First events per sticky key while `share` was in force. */
export const eventCountsSchema = z.object({
  share: z.number(),
  champion: z.int(),
  canary: z.int(),
});
export type EventCounts = z.infer<typeof eventCountsSchema>;

/** What the prediction log says about a release. */
export const releaseObservationSchema = z.object({
  arms: z.object({ champion: armCountsSchema, canary: armCountsSchema }),
  /** Requests that the canary answered since the present step began. */
  stepRequests: z.int(),
  /** Per kind of event and share in force. `key` counts the keys themselves (sample ratio). */
  events: z.object({
    key: z.array(eventCountsSchema),
    error: z.array(eventCountsSchema),
    slow: z.array(eventCountsSchema),
    positive: z.array(eventCountsSchema),
    negative: z.array(eventCountsSchema),
  }),
  /** Requests that both versions answered. `agree`: equal labels. */
  mirrored: z.object({ requests: z.int(), errors: z.int(), slow: z.int(), agree: z.int() }),
  /** Mirrored requests whose true label came back. */
  paired: z.object({
    labels: z.int(),
    championRight: z.int(),
    canaryRight: z.int(),
    /** Champion right, canary wrong. */
    worse: z.int(),
    /** Champion wrong, canary right. */
    better: z.int(),
  }),
  instances: z.array(z.object({ instance: z.string(), requests: z.int(), errors: z.int() })),
});
export type ReleaseObservation = z.infer<typeof releaseObservationSchema>;

/** A sequential test of one guard. */
export const guardSchema = z.object({
  name: z.string(),
  /** Evidence against "harmless": the value of an e-process; it convicts at `1 / alpha`. */
  eValue: z.number(),
  alpha: z.number(),
  convicted: z.boolean(),
  estimand: z.string(),
});
export type Guard = z.infer<typeof guardSchema>;

export const lookEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.look/1'),
  model: z.string(),
  version: z.int(),
  champion: z.int().nullable(),
  holder: z.string(),
  phase: z.enum(releasePhases),
  step: z.int(),
  at: z.number(),
  observation: releaseObservationSchema,
  guards: z.array(guardSchema),
  verdict: verdictSchema,
  decision: z.enum(['advance', 'hold', 'rollback']),
});
export type LookEvidence = z.infer<typeof lookEvidenceSchema>;
