import { z } from 'zod';

/** The one small document per model that says which versions get which share of traffic. */
export const deploymentSchema = z.object({
  schema: z.literal('pawl.deployment/1'),
  /** Grows by one with every change: an ETag alone would allow ABA. */
  seq: z.int().positive(),
  model: z.string(),
  /** Salts the sticky split; drawn anew per release. */
  salt: z.string(),
  champion: z.int().nullable(),
  previous: z.int().nullable(),
  canary: z.object({ version: z.int(), share: z.number().min(0).max(1) }).nullable(),
  /** Share of requests that are mirrored: the champion's to `version`, and `version`'s to the champion. */
  shadow: z.object({ version: z.int(), sample: z.number().min(0).max(1) }).nullable(),
  frozen: z.boolean(),
  /** The workflow that holds the release, `<workflow id>/<run id>`; null when none does. */
  release: z.string().nullable(),
  actor: z.string(),
  reason: z.string(),
  at: z.string(),
});
export type Deployment = z.infer<typeof deploymentSchema>;
