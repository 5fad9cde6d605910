import { armSchema } from '../release/arm.ts';
import { z } from 'zod';
import { durationSchema, positiveDurationSchema } from '../duration.ts';

/** Requests that a header or an input marks always go to one arm, and stay out of the release's evidence. */
export const segmentSchema = z
  .strictObject({
    name: z.string().describe('Name of the segment.'),
    header: z.string().toLowerCase().optional().describe('Name of a request header; or name an input.'),
    input: z.string().optional().describe('Name of an input; its first row counts.'),
    values: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .min(1)
      .describe('Values of the header or input that mark a request.'),
    arm: armSchema.describe('Arm that answers such requests.'),
  })
  .refine(({ header, input }) => (header === undefined) !== (input === undefined), 'name a header or an input');
export type Segment = z.infer<typeof segmentSchema>;

/** `serving` of a model definition: how gateways answer for the model. Travels with the version that it was registered with. */
export const servingPolicySchema = z.strictObject({
  ack: z
    .enum(['none', 'fsync'])
    .default('none')
    .describe('With `fsync` an answer is sent after its log record is on disk.'),
  unlogged: z
    .enum(['shed', 'serve'])
    .default('shed')
    .describe(
      'While the prediction log can take nothing: refuse requests (`shed`), or answer them unlogged, counted, and shown in readiness (`serve`).',
    ),
  log: z
    .strictObject({
      drop: z.array(z.string()).default([]).describe('Inputs that are not logged.'),
      hash: z
        .array(z.string())
        .default([])
        .describe(
          'Inputs whose values are logged as keyed hashes (HMAC-SHA-256, 16 hex digits): equal values stay equal. Of an input with several values a row, one hash of the row.',
        ),
      maxValues: z
        .int()
        .positive()
        .default(4_096)
        .meta({ unit: 'values' })
        .describe(
          'Most values of an input in one row that are logged, such as tokens. An input with more, such as a picture, is left out and counted (`pawl_log_large_inputs_total`).',
        ),
    })
    .prefault({})
    .describe('Inputs that stay out of the log.'),
  key: z
    .string()
    .nullable()
    .default(null)
    .describe('Input whose value is the sticky key where the request names none; null takes the request id.'),
  segments: z
    .array(segmentSchema)
    .default([])
    .describe(
      "Requests that a header or an input marks: they always go to one arm, and stay out of a release's evidence.",
    ),
  cache: z
    .strictObject({
      bytes: z.int().min(0).default(0).meta({ unit: 'bytes' }).describe('Most bytes per version; 0 turns it off.'),
      ttl: durationSchema.default(60_000).describe('Longest age of an answer.'),
    })
    .prefault({})
    .describe('Cache of answers, per version. A request that a release analyses is never answered from it.'),
  coalesce: z.boolean().default(false).describe('Whether equal requests in flight share one pass.'),
  strict: z
    .boolean()
    .default(true)
    .describe(
      'Whether a missing value is refused where the dataset allows none (`nullable`); else it is imputed as in training.',
    ),
  deadline: positiveDurationSchema
    .nullable()
    .default(null)
    .describe('Longest wait for an answer where the request sets none; null means no limit.'),
  maxBatch: z
    .int()
    .positive()
    .default(64)
    .meta({ unit: 'rows' })
    .describe('Most rows of one pass; 1 turns batching off.'),
});
export type ServingPolicy = z.infer<typeof servingPolicySchema>;

/** The part of a model definition that serving reads; definitions of versions may be older than other parts. */
export const servedDefinitionSchema = z.object({ serving: servingPolicySchema.prefault({}) });
