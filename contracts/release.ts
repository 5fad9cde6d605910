import { z } from 'zod';
import { digestSchema } from './digest.ts';
import { releasePhases, type ReleasePhase } from './names.ts';
import { statusSchema } from './verdict.ts';
import type { WorkPlan } from './work.ts';

/** Input of the workflow `release`. */
export const releaseRequestSchema = z.strictObject({
  model: z.string(),
  version: z.int().positive(),
  by: z.string().optional(),
  reason: z.string().optional(),
});
export type ReleaseRequest = z.infer<typeof releaseRequestSchema>;

/** Input of the workflow `rollback`. */
export const rollbackRequestSchema = z.strictObject({
  model: z.string(),
  reason: z.string().min(1),
  by: z.string().optional(),
});
export type RollbackRequest = z.infer<typeof rollbackRequestSchema>;

/** What `openRelease` pinned: who is compared with whom, by which policy, since when. */
export const releasePlanSchema = z.object({
  model: z.string(),
  version: z.int().positive(),
  /** The version that served when the release opened; null for the first release of a model. */
  champion: z.int().nullable(),
  /** `<workflow id>/<run id>`, the value of the deployment record's `release`. */
  holder: z.string(),
  definition: digestSchema,
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  /** Release policy, resolved, durations in milliseconds: small enough for a payload. */
  shadow: z.object({ sample: z.number(), durationMs: z.number(), minRequests: z.number() }),
  steps: z.array(z.number()),
  stepDurationMs: z.number(),
  bakeMs: z.number(),
  deadlineMs: z.number(),
  lookEveryMs: z.number(),
});
export type ReleasePlan = z.infer<typeof releasePlanSchema>;

/** One look at the evidence of a release. */
export const lookSchema = z.object({
  phase: z.enum(releasePhases),
  status: statusSchema,
  /** `rollback` when a guard convicted, `advance` when the phase may end, else `hold`. */
  /** `lost` when someone else has taken the release away meanwhile. */
  decision: z.enum(['advance', 'hold', 'rollback', 'lost']),
  evidence: digestSchema.nullable(),
  reasons: z.array(z.string()),
  at: z.number(),
});
export type Look = z.infer<typeof lookSchema>;

export const releaseResultSchema = z.object({
  outcome: z.enum(['promoted', 'rolledBack']),
  model: z.string(),
  version: z.int(),
  reason: z.string(),
  looks: z.int(),
  /** Evidence of the look that decided; null when a person or the deadline did. */
  evidence: digestSchema.nullable(),
  /** Milliseconds from the verdict to the written deployment record; null unless rolled back. */
  rollbackMs: z.number().nullable(),
});
export type ReleaseResult = z.infer<typeof releaseResultSchema>;

/** What `openRelease` returns: the plan, or the holder of a release that must end first. */
export type OpenedRelease =
  | { status: 'open'; plan: ReleasePlan; work: WorkPlan }
  | { status: 'busy'; holder: string; retryMs: number };

/** States of traffic that a release moves through. */
export type TrafficState =
  | { kind: 'shadow' }
  | { kind: 'canary'; share: number }
  | { kind: 'promoted' }
  | { kind: 'settled' }
  | { kind: 'restored' };

/** What became of a change of traffic: `lost` when someone else has taken the release away meanwhile. */
export type TrafficChange =
  | { status: 'done'; seq: number; at: number }
  | { status: 'lost'; by: string; reason: string };

/** Result of the query `progress` on a release. */
export interface ReleaseProgress {
  model: string;
  version: number;
  champion: number | null;
  phase: ReleasePhase;
  /** Share of traffic that the version has. */
  share: number;
  paused: boolean;
  waitingFor: string | null;
  looks: number;
  lastLook: Look | null;
  /** Commands of people, in order. */
  commands: string[];
}
