import { z } from 'zod';
import { tensorTypes } from '../data/tensor.ts';

/** What an input of a model on tensors is given where no caller is there yet. */
export const drawnInputSchema = z.object({
  name: z.string(),
  type: z.enum(tensorTypes),
  /** Sizes of one row, without the axis of rows. */
  shape: z.array(z.int()),
  /** Texts, or the least and greatest number. */
  from: z.union([z.array(z.string()), z.object({ min: z.number(), max: z.number() })]),
  /** What the definition does not say, and why it is so. */
  guesses: z.array(z.string()),
  /** Rows of the embedding that it chooses from by number; absent where it does not. */
  rows: z.int().positive().optional(),
});
export type DrawnInput = z.infer<typeof drawnInputSchema>;
