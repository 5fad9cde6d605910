import { z } from 'zod';
import { fairnessMetricNames } from '../model/tasks/fairness-metrics.ts';
import { verdictSchema } from '../verdict.ts';

const rate = z.number().nullable();

/** Rates and means are null where the group is too small to say, and absent where the task has none. */
export const groupSchema = z.object({
  group: z.string(),
  rows: z.int(),
  positives: z.int().optional(),
  predictedPositives: z.int().optional(),
  selectionRate: rate.optional(),
  tpr: rate.optional(),
  fpr: rate.optional(),
  precision: rate.optional(),
  errorRate: rate.optional(),
  /** By label, rates of the class against all others. */
  classes: z.record(z.string(), z.object({ selectionRate: rate, tpr: rate, fpr: rate, precision: rate })).optional(),
  /** In the unit of the target; the error is the prediction less the truth. */
  meanPrediction: rate.optional(),
  meanError: rate.optional(),
  meanAbsoluteError: rate.optional(),
  /** Of a ranking, in (0, 1]; the champion's is its `championLoss`. */
  meanExposure: rate.optional(),
  /** The champion's error rate, or mean absolute error, on the same rows; null where there is no champion. */
  championLoss: rate,
  /** Candidate's error rate, or mean bounded error, less the champion's, paired, simultaneous over the groups. */
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
