import { z } from 'zod';
import type { ModelDefinition } from '../model/model-definition.ts';
import { digestSchema } from '../digest.ts';

/** What decides how rows are chosen, read and labelled. */
const ofRows = [
  'features',
  'task',
  'quantile',
  'query',
  'weight',
  'positive',
  'negative',
  'threshold',
  'utility',
  'costs',
  'split',
] as const satisfies readonly (keyof ModelDefinition)[];
const ofTraining = [...ofRows, 'signature', 'tensors', 'trainer'] as const;

/**
 * Stages whose work is reused while all that it depends on is the same, and the parts of the model definition that each reads. The others are done
 * in every run: a snapshot looks whether rows changed, the data gate reads the runs before, and staging is a load test of now.
 */
export const partsOfStage = {
  train: ofTraining,
  folds: [...ofTraining, 'quality'],
  quality: [...ofRows, 'quality'],
  fairness: [...ofRows, 'quality', 'fairness'],
  explain: [...ofRows, 'quality'],
  optimize: [...ofRows, 'quality', 'fairness', 'optimize'],
} as const satisfies Record<string, readonly (keyof ModelDefinition)[]>;
export type ReusableStage = keyof typeof partsOfStage;

/** What the store keeps of work that was done, by the digest of all that it depends on. */
export const doneJobSchema = z.object({
  schema: z.literal('pawl.done/1'),
  /** The run that did it. */
  run: z.string(),
  result: z.unknown(),
});

/** Where a training that was broken off is gone on from, by the same digest. */
export const checkpointRefSchema = z.object({
  schema: z.literal('pawl.checkpoint/1'),
  run: z.string(),
  epoch: z.int(),
  /** After that epoch; null where it is not a finite number. */
  validationLoss: z.number().nullable(),
  checkpoint: digestSchema,
});
