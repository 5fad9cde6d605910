import { z } from 'zod';
import type { SnapshotRef } from '../data/dataset.ts';
import { digestSchema } from '../digest.ts';
import { bySchema, reasonSchema } from '../people-schema.ts';
import { statusSchema } from '../verdict.ts';

/** What an approver saw; its RFC 8785 digest is the `evidence` that an approval must name. */
export const approvalSubjectSchema = z.object({
  run: z.string(),
  definition: digestSchema,
  /** Of the dataset definition, by which requests are read too; absent in a version that no run registered. */
  dataset: digestSchema.optional(),
  /** Null of a model on tensors, which has no rows. */
  snapshot: digestSchema.nullable(),
  model: digestSchema,
  stages: z.array(z.object({ name: z.string(), evidence: digestSchema, status: statusSchema })),
});
export type ApprovalSubject = z.infer<typeof approvalSubjectSchema>;

/** Argument of the updates and signals `approve` and `reject`. */
export const decisionSchema = z.strictObject({
  by: bySchema,
  reason: reasonSchema,
  evidence: digestSchema,
});
export type Decision = z.infer<typeof decisionSchema>;

/** Argument of the commands on a release: `pause`, `resume`, `promote`, `rollback`, `abort`, `retry`, `extend`. */
export const commandSchema = z.strictObject({
  by: bySchema,
  reason: reasonSchema,
  /** Of `promote` and `resume`: the digest that `progress` shows as `fingerprint`; another one is refused. */
  evidence: digestSchema.optional(),
  /** Of `extend`: milliseconds that the total deadline is put off by. */
  ms: z.number().positive().optional(),
});
export type Command = z.infer<typeof commandSchema>;

/** What was decided, as it is recorded. */
export const approvalRecordSchema = z.object({
  decision: z.enum(['approved', 'rejected', 'expired']),
  by: z.string(),
  reason: z.string(),
  evidence: digestSchema,
  at: z.string(),
  via: z.enum(['update', 'signal', 'policy', 'deadline']),
});
export type ApprovalRecord = z.infer<typeof approvalRecordSchema>;

/** Result of the query `progress` on a run. */
export interface Progress {
  run: string;
  model: string;
  stage: string;
  /** Who or what the run waits for, in words; null while it works. */
  waitingFor: string | null;
  /** The digest that an approval must name, while one is awaited. */
  evidence: string | null;
  version: number | null;
  /** What the run has made so far. */
  snapshot: SnapshotRef | null;
  training: string | null;
  /** The run that trained the model, where this one reused it. */
  trainedBy: string | null;
  /** What is to be done about a training that ended before it was over; null where it was over. */
  trainingNote: string | null;
  /** How far the stage has come, in words; null where it tells nothing. */
  told: string | null;
  stages: {
    stage: string;
    status: string;
    evidence: string;
    reasons: string[];
    numbers?: string[] | undefined;
    /** The run that did the work, where this one reused it. */
    from?: string | undefined;
  }[];
  /** Signals that were recorded and ignored, and why. */
  ignored: string[];
}
