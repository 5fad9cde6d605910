import { z } from 'zod';

/** Inputs and outputs of a served model: one tensor `[-1, 1]` per raw column in, `label` and `probabilities` out. */
export const tensorTypes = ['string', 'float32', 'int64', 'bool', 'float64', 'int32'] as const;
export const signatureSchema = z.object({
  inputs: z.array(z.object({ name: z.string(), type: z.enum(tensorTypes) })),
  outputs: z.array(z.object({ name: z.string(), type: z.enum(tensorTypes) })),
});
export type Signature = z.infer<typeof signatureSchema>;
