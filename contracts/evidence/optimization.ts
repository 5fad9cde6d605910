import { z } from 'zod';
import { digestSchema } from '../digest.ts';
import { verdictSchema } from '../verdict.ts';
import { differenceSchema, metricValuesSchema } from './quality.ts';

/** A quantized variant, judged again on its own bytes. */
export const variantSchema = z.object({
  variant: z.enum(['fp32', 'dynamicInt8', 'staticInt8']),
  model: digestSchema,
  bytes: z.int(),
  metrics: metricValuesSchema,
  /** Variant minus fp32 reference, accuracy, paired bootstrap. */
  accuracyChange: z.object({ estimate: z.number(), lower: z.number(), upper: z.number() }),
  /** Variant minus fp32 reference, of the primary metric and those with a margin. */
  differences: z.array(differenceSchema),
  /** Share of rows with the reference's label. */
  agreement: z.number(),
  /** Largest rise of a group's error rate over the reference's, over the audited attributes. */
  worstGroupLoss: z.number(),
  /** Time of fp32 divided by time of the variant, per batch size. */
  speedup: z.array(z.object({ batch: z.int(), ratio: z.number() })),
  verdict: verdictSchema,
});
export type Variant = z.infer<typeof variantSchema>;

export const optimizationEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.optimization/1'),
  run: z.string(),
  variants: z.array(variantSchema),
  chosen: z.enum(['fp32', 'dynamicInt8', 'staticInt8']),
  reason: z.string(),
  verdict: verdictSchema,
});
export type OptimizationEvidence = z.infer<typeof optimizationEvidenceSchema>;
