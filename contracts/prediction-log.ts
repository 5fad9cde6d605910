import { z } from 'zod';
import { digestSchema } from './digest.ts';

export const armSchema = z.enum(['champion', 'canary']);

/** One answered request of one row, as the gateway logged it. */
export const predictionRecordSchema = z.object({
  kind: z.literal('prediction'),
  id: z.string(),
  /** Sticky key. */
  key: z.string(),
  at: z.number(),
  model: z.string(),
  version: z.int(),
  arm: armSchema,
  /** Share of the canary in force, and the sequence number of the deployment record. */
  share: z.number(),
  seq: z.int(),
  release: z.string().nullable(),
  instance: z.string(),
  /** One row; a request of n rows makes n records with ids `<id>/0`, `<id>/1`, ... */
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  label: z.union([z.string(), z.number()]).nullable(),
  /** Probability of the positive class. */
  probability: z.number().nullable(),
  ms: z.number(),
  error: z.string().nullable(),
});
export type PredictionRecord = z.infer<typeof predictionRecordSchema>;

/** What the other version said on a mirrored request. */
export const mirrorRecordSchema = z.object({
  kind: z.literal('mirror'),
  id: z.string(),
  at: z.number(),
  model: z.string(),
  /** The version that answered the copy. */
  version: z.int(),
  seq: z.int(),
  release: z.string().nullable(),
  instance: z.string(),
  label: z.union([z.string(), z.number()]).nullable(),
  probability: z.number().nullable(),
  ms: z.number(),
  error: z.string().nullable(),
});
export type MirrorRecord = z.infer<typeof mirrorRecordSchema>;

/** The true outcome for a request, as it came back. */
export const feedbackRecordSchema = z.object({
  kind: z.literal('feedback'),
  id: z.string(),
  at: z.number(),
  model: z.string(),
  label: z.union([z.string(), z.number()]),
  instance: z.string(),
});
export type FeedbackRecord = z.infer<typeof feedbackRecordSchema>;

export const logRecordSchema = z.discriminatedUnion('kind', [
  predictionRecordSchema,
  mirrorRecordSchema,
  feedbackRecordSchema,
]);
export type LogRecord = z.infer<typeof logRecordSchema>;

/** A gateway seals a segment at the latest after this long, so a reader need not look further back for its records. */
export const longestSegmentMs = 300_000;

/** Pointer `logs/<model>/<start, 13 digits of milliseconds>-<instance>-<n, 8 digits>` to a sealed segment of NDJSON. */
export const logSegmentSchema = z.object({
  schema: z.literal('pawl.log-segment/1'),
  model: z.string(),
  instance: z.string(),
  n: z.int(),
  data: digestSchema,
  records: z.int(),
  /** Milliseconds since the epoch, inclusive. */
  from: z.number(),
  to: z.number(),
});
export type LogSegment = z.infer<typeof logSegmentSchema>;
