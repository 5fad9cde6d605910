import { z } from 'zod';
import { gatewayGuardSchema } from './deployment.ts';
import { digestSchema } from '../digest.ts';
import { analysisDecisions } from '../evidence/release.ts';
import { resultOrDetail } from '../failure-detail.ts';
import { releasePhases, rolledBackType, type ReleasePhase } from '../names.ts';
import { releaseModes } from './release-policy.ts';
import { bySchema, reasonSchema } from '../people-schema.ts';
import { statusSchema } from '../verdict.ts';
import type { WorkPlan } from '../work.ts';

/** Input of the workflow `release`. */
export const releaseRequestSchema = z.strictObject({
  model: z.string(),
  version: z.int().positive(),
  by: bySchema.optional(),
  reason: reasonSchema.optional(),
  /** Released while the champion is broken: judged by the policy's `hotfix` limits, and compared with nothing. */
  hotfix: z.boolean().optional(),
  /** Released though it was not approved or was rolled back; needs `by` and `reason`. */
  force: z.boolean().optional(),
  /** What to do about another release of the model that is under way. @default the policy's `busy` */
  busy: z.enum(['wait', 'replace', 'refuse']).optional(),
});
export type ReleaseRequest = z.infer<typeof releaseRequestSchema>;

/** Input of the workflow `rollback`. */
export const rollbackRequestSchema = z.strictObject({
  model: z.string(),
  reason: reasonSchema,
  by: bySchema.optional(),
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
  /** What the workflow must know of the release policy, durations in milliseconds: small enough for a payload. */
  shadow: z.object({ sample: z.number() }),
  steps: z.array(z.object({ share: z.number(), pause: z.boolean() })),
  deadlineMs: z.number(),
  analyzeEveryMs: z.number(),
  mode: z.enum(releaseModes),
  abShare: z.number(),
  holdback: z.number(),
  warmUpMs: z.number(),
  hotfix: z.boolean(),
  /** Which try of the same candidate this is, from 1: each has its part of alpha. */
  retry: z.int().positive(),
  /** Different people who must order `promote`, or `resume` at a pause. */
  approvers: z.int(),
  /** Who may not be one of them; null where anybody may. */
  starter: z.string().nullable(),
  /** What gateways judge by themselves while the version is canary; null where they judge nothing. */
  guard: gatewayGuardSchema.nullable(),
  /** The platform that must be made to serve by the record; absent where our gateways follow it by themselves. */
  target: z.string().optional(),
  /** What it is released in spite of; absent where nothing spoke against it. */
  forced: z.string().optional(),
});
export type ReleasePlan = z.infer<typeof releasePlanSchema>;

/** One analysis of the evidence of a release. */
export const analysisSchema = z.object({
  phase: z.enum(releasePhases),
  status: statusSchema,
  /** `lost` when someone else has taken the release away meanwhile. */
  decision: z.enum([...analysisDecisions, 'lost']),
  /** Guards that fired. */
  fired: z.array(z.string()),
  /** What an approval is bound to: the candidate, its policy, the step, and what each check came to, not the counts; null if `lost`. */
  fingerprint: digestSchema.nullable(),
  evidence: digestSchema.nullable(),
  reasons: z.array(z.string()),
  at: z.number(),
});
export type Analysis = z.infer<typeof analysisSchema>;

/**
 * Result of the workflow `release`. A release that promoted or measured returns it. One that was rolled back fails with one failure of type
 * `ReleaseRolledBackError`, whose details hold it.
 */
export const releaseResultSchema = z.object({
  /** `measured`: it was to be looked at only, and the champion kept its place. */
  outcome: z.enum(['promoted', 'rolledBack', 'measured']),
  model: z.string(),
  version: z.int(),
  reason: z.string(),
  analyses: z.int(),
  /** Evidence of the analysis that decided; null when a person or the deadline did. */
  evidence: digestSchema.nullable(),
  /** Milliseconds from the verdict to the written deployment record; null unless rolled back. */
  rollbackMs: z.number().nullable(),
  /** What it was released in spite of; absent where nothing spoke against it. */
  forced: z.string().optional(),
});
export type ReleaseResult = z.infer<typeof releaseResultSchema>;

/** Awaits the end of a release, rolled back or not; throws what ended it otherwise. */
export const resultOfRelease = (handle: { result(): Promise<unknown> }): Promise<ReleaseResult> =>
  resultOrDetail(handle, releaseResultSchema, rolledBackType);

/** What `openRelease` returns: the plan, or the holder of a release that must end first. */
export type OpenedRelease =
  | { status: 'open'; plan: ReleasePlan; work: WorkPlan }
  /** `why` says what is waited for where it is not the end of `holder`. */
  | { status: 'busy'; holder: string; why?: string; retryMs: number };

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
  /** What approvals are bound to now; null before the first analysis. */
  fingerprint: string | null;
  /** Who has ordered the promotion, or to go on after the pause, where more people must. */
  approvals: string[];
  analyses: number;
  lastAnalysis: Analysis | null;
  /** Commands of people, in order. */
  commands: string[];
}
