import { z } from 'zod';

const coefficientSchema = z.object({
  /** The label, level or number that it is for. */
  output: z.string(),
  /** The column, with its code, or the place on its curve. */
  name: z.string(),
  /** Change of the score by one unit of a number, or from the reference: log odds of labels, the target's unit of numbers. */
  estimate: z.number(),
  /** Of 95 %; null where there is none. */
  lower: z.number().nullable(),
  upper: z.number().nullable(),
});
export type Coefficient = z.infer<typeof coefficientSchema>;

/** What is known of a linear model beside its bytes. */
export const linearEvidenceSchema = z.object({
  converged: z.boolean(),
  /** Largest component of the gradient, by row. */
  gradientNorm: z.number(),
  /** At most 200, those with the least doubt first. */
  coefficients: z.array(coefficientSchema),
  leftOut: z.int(),
  /** Why there are no intervals; null where there are. */
  withoutIntervals: z.string().nullable(),
});
export type LinearEvidence = z.infer<typeof linearEvidenceSchema>;
