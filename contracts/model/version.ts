import { z } from 'zod';
import { approvalSubjectSchema } from '../run/approval.ts';
import { candidateSchema, stageVerdictSchema } from '../run/run.ts';
import { digestSchema } from '../digest.ts';

/** A registered, immutable model version. */
export const modelVersionSchema = z.object({
  schema: z.literal('pawl.version/1'),
  model: z.string(),
  version: z.int().positive(),
  created: z.string(),
  run: z.string(),
  candidate: candidateSchema,
  lineage: z.object({
    definition: digestSchema,
    dataset: digestSchema,
    /** Null of a model on tensors, which has no rows. */
    snapshot: digestSchema.nullable(),
    /** Training evidence: parameters, seed, curve, environment; null for an imported model. */
    training: digestSchema.nullable(),
    /** Of a model on tensors: the document that says what its inputs take; absent of others. */
    inputs: digestSchema.optional(),
    /** Files of rows that an imported model was trained on; absent where nobody told, or it was trained here. */
    trainedOn: z.array(digestSchema).optional(),
    /** Files of the project that the trainer took. */
    program: digestSchema.optional(),
    champion: z.int().nullable(),
    code: z.string(),
    environment: z.record(z.string(), z.string()),
  }),
  verdicts: z.array(stageVerdictSchema),
  /** What an approver must have seen. */
  subject: approvalSubjectSchema,
  /** Digest of `subject`. */
  evidence: digestSchema,
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;

export const versionRefSchema = z.object({
  model: z.string(),
  version: z.int().positive(),
  /** Digest of the served model's bytes. */
  digest: digestSchema,
  /** Digest that an approval must name. */
  evidence: digestSchema,
});
export type VersionRef = z.infer<typeof versionRefSchema>;
