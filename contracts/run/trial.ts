import { z } from 'zod';
import { digestSchema } from '../digest.ts';

/** One setting that a search tries, and what came of it so far. */
export const searchTrialSchema = z.object({
  /** From 0. */
  index: z.int(),
  /** Digest of the model definition with the settings of this trial. */
  definition: digestSchema,
  /** The values of the ranges, in their order: a number on the scale of its range, or the position of a choice. */
  point: z.array(z.number()),
  /** Where it was looked at: steps that were done, and the validation loss after them. */
  looks: z.array(z.object({ steps: z.int(), loss: z.number() })),
  end: z
    .discriminatedUnion('kind', [
      /** Trained to its end: the mean validation loss of the model that was kept. */
      z.object({ kind: z.literal('finished'), loss: z.number() }),
      z.object({ kind: z.literal('pruned') }),
      z.object({ kind: z.literal('late') }),
      z.object({ kind: z.literal('unusable'), reason: z.string() }),
    ])
    .nullable(),
});
export type SearchTrial = z.infer<typeof searchTrialSchema>;

/** What is done next of a trial: training up to so many steps, or to its end where that is null. */
export interface TrialStep {
  readonly index: number;
  readonly definition: SearchTrial['definition'];
  readonly steps: number | null;
}

/** What `planSearch` says: the trials with what became of them, and what is to be done; nothing where the search is over. */
export interface SearchWave {
  readonly trials: SearchTrial[];
  readonly next: TrialStep[];
}

/** What became of a step. */
export type TrialOutcome =
  | { readonly index: number; readonly look: SearchTrial['looks'][number] }
  | { readonly index: number; readonly loss: number }
  | { readonly index: number; readonly unusable: string };
