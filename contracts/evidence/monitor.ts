import { z } from 'zod';
import { digestSchema } from '../digest.ts';
import { statusSchema, verdictSchema } from '../verdict.ts';
import { driftResultSchema } from './data.ts';

/** A mean over the answers of a cohort. */
const liveMeanSchema = z.object({
  /** Of the answers with a label. */
  estimate: z.number(),
  lower: z.number(),
  upper: z.number(),
  /** The least and the greatest that answers without a label allow; the estimate where they are left out. */
  least: z.number(),
  most: z.number(),
  /** Answers of the cohort without a label. */
  unlabelled: z.int(),
});
export type LiveMean = z.infer<typeof liveMeanSchema>;

/** Requests of a ranking by which its NDCG is judged. */
const rankedRequestsSchema = z.object({
  /** With a label of a relevant row; and those of them with several rows, which alone have an order. */
  judged: z.int(),
  ordered: z.int(),
  /** With labels that call no row relevant: they say nothing. */
  irrelevant: z.int(),
});
export type RankedRequests = z.infer<typeof rankedRequestsSchema>;

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
  /** Answers of the version whose labels are judged: old enough to have them. Null where `release.labels.maturity` does not say how old. */
  cohort: z.object({ from: z.number(), to: z.number() }).nullable(),
  /** Answers with a label, of a ranking requests: of the cohort, or of the window where there is none. */
  labels: z.int(),
  /** Share of right answers, of a ranking the mean NDCG of a request. Null where no cohort has labels, and where labels are other numbers. */
  accuracy: liveMeanSchema.nullable(),
  /** Of the cohort of a ranking; absent of other tasks. */
  ranked: rankedRequestsSchema.optional(),
  /** Mean absolute error of numbers, in the target's unit; errors above `cap` count as that. Null where no cohort has labels, and of other tasks. */
  error: liveMeanSchema.extend({ cap: z.number() }).nullable(),
  drift: z.array(driftResultSchema),
  /** Answered requests of versions that do not read a feature, by column: its drift is judged on the others. */
  unread: z.array(z.object({ column: z.string(), requests: z.int() })),
  /** Features whose values the log does not hold as they were: dropped or hashed by the serving policy. */
  notLogged: z.array(z.string()),
  /** Answered requests with a value outside the dataset's range or of an unknown category, by column; columns without any are left out. */
  odd: z.array(z.object({ column: z.string(), outside: z.int(), unknown: z.int() })),
  verdict: verdictSchema,
  /** Why a run should start; null where none should. */
  trigger: z.string().nullable(),
});
export type MonitorEvidence = z.infer<typeof monitorEvidenceSchema>;

/** The last observation of a model, as the registry keeps it. */
export const monitorRecordSchema = z.object({
  schema: z.literal('pawl.monitor/1'),
  model: z.string(),
  /** ISO time. */
  at: z.string(),
  status: statusSchema,
  /** Null where nothing served yet. */
  evidence: digestSchema.nullable(),
  reasons: z.array(z.string()),
  trigger: z.string().nullable(),
});
export type MonitorRecord = z.infer<typeof monitorRecordSchema>;
