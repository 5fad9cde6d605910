import { z } from 'zod';
import { digestSchema } from '../digest.ts';
import type { SnapshotRef } from '../data/dataset.ts';
import type { WorkPlan } from '../work.ts';
import type { Run } from './run.ts';

/** How far a second training agrees with a version, the closest first. */
const agreements = ['bytes', 'weights', 'predictions', 'metric', 'nothing'] as const;

/** What a second training of a version said. */
export const reproductionSchema = z.object({
  schema: z.literal('pawl.reproduction/1'),
  model: z.string(),
  version: z.int().positive(),
  agreement: z.enum(agreements),
  /** The fp32 model of the version, and the one that was trained again. */
  recorded: digestSchema,
  trained: digestSchema,
  /** Greatest difference of a weight, as a share of its tensor's greatest one; null where the graphs differ. */
  weights: z.number().nullable(),
  /** Greatest difference of a prediction for the test rows: of probabilities as it is, of numbers by their standard deviation. */
  predictions: z.number(),
  metric: z.object({ name: z.string(), recorded: z.number().nullable(), trained: z.number().nullable() }),
  rows: z.int(),
  /** What the two were trained with, where that differs, by name. */
  environment: z.record(z.string(), z.object({ recorded: z.string().nullable(), now: z.string().nullable() })),
});
export type Reproduction = z.infer<typeof reproductionSchema>;

/** What the second training of a version starts from. */
export interface OpenedReproduction {
  run: Run;
  version: number;
  snapshot: SnapshotRef;
  plan: WorkPlan;
}
