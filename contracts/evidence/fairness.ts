import { z } from 'zod';
import { fairnessMetricNames } from '../model/model-definition.ts';
import { verdictSchema } from '../verdict.ts';

/** Rates are null where the group is too small to say. */
export const groupSchema = z.object({
  group: z.string(),
  rows: z.int(),
  positives: z.int(),
  predictedPositives: z.int(),
  selectionRate: z.number().nullable(),
  tpr: z.number().nullable(),
  fpr: z.number().nullable(),
  precision: z.number().nullable(),
  errorRate: z.number().nullable(),
  /** The champion's error rate on the same rows; null where there is no champion. */
  championErrorRate: z.number().nullable(),
  /** Candidate's error rate minus the champion's, paired, simultaneous over the groups. */
  loss: z.object({ estimate: z.number(), lower: z.number(), upper: z.number() }).nullable(),
});
export type Group = z.infer<typeof groupSchema>;

export const attributeAuditSchema = z.object({
  /** `SEX`, or `SEX x RAC1P`. */
  attribute: z.string(),
  groups: z.array(groupSchema),
  metrics: z.array(
    z.object({
      metric: z.enum(fairnessMetricNames),
      estimate: z.number().nullable(),
      /** From simultaneous intervals of the pairwise contrasts. */
      lower: z.number().nullable(),
      upper: z.number().nullable(),
      champion: z.number().nullable(),
    }),
  ),
  /** Groups that are too small for one rate or more. */
  inconclusive: z.array(z.string()),
});
export type AttributeAudit = z.infer<typeof attributeAuditSchema>;

export const fairnessEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.fairness/1'),
  run: z.string(),
  model: z.string(),
  champion: z.int().nullable(),
  rows: z.int(),
  attributes: z.array(attributeAuditSchema),
  verdict: verdictSchema,
});
export type FairnessEvidence = z.infer<typeof fairnessEvidenceSchema>;
