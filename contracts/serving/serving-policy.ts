import { z } from 'zod';
import { durationSchema, positiveDurationSchema } from '../duration.ts';
import { armSchema } from './prediction-log.ts';

/** Requests that a header or an input marks always go to one arm, and stay out of the release's evidence. */
export const segmentSchema = z
  .strictObject({
    name: z.string(),
    /** Name of a request header; lower case. */
    header: z.string().toLowerCase().optional(),
    /** Name of an input; its first row counts. */
    input: z.string().optional(),
    values: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
    arm: armSchema,
  })
  .refine(({ header, input }) => (header === undefined) !== (input === undefined), 'name a header or an input');
export type Segment = z.infer<typeof segmentSchema>;

/** `serving` of a model definition: how gateways answer for the model. Travels with the version that it was registered with. */
export const servingPolicySchema = z.strictObject({
  /** `fsync`: the answer leaves after its log record is on disk. */
  ack: z.enum(['none', 'fsync']).default('none'),
  /** While the prediction log can take nothing: refuse requests, or answer them unlogged (counted, and said in readiness). */
  unlogged: z.enum(['shed', 'serve']).default('shed'),
  log: z
    .strictObject({
      /** Inputs that are not logged. */
      drop: z.array(z.string()).default([]),
      /** Inputs whose values are logged as keyed hashes (HMAC-SHA-256, 16 hex digits): equal values stay equal. */
      hash: z.array(z.string()).default([]),
    })
    .prefault({}),
  /** Input whose value is the sticky key where the request names none; null takes the request id. */
  key: z.string().nullable().default(null),
  segments: z.array(segmentSchema).default([]),
  /** Answers that are kept per version; 0 bytes is off. A request that a release looks at is never answered from it. */
  cache: z.strictObject({ bytes: z.int().min(0).default(0), ttl: durationSchema.default(60_000) }).prefault({}),
  /** Equal requests in flight share one pass. */
  coalesce: z.boolean().default(false),
  /** Refuse a missing value where the dataset allows none (`nullable`); without it such a value is imputed as in training. */
  strict: z.boolean().default(true),
  /** Longest wait for an answer where the request sets none; null means no limit. */
  deadline: positiveDurationSchema.nullable().default(null),
  /** Rows of one pass at most; 1 turns batching off. */
  maxBatch: z.int().positive().default(64),
});
export type ServingPolicy = z.infer<typeof servingPolicySchema>;

/** The part of a model definition that serving reads; definitions of versions may be older than other parts. */
export const servedDefinitionSchema = z.object({ serving: servingPolicySchema.prefault({}) });
