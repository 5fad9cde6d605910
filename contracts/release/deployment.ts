import { z } from 'zod';
import { digestSchema } from '../digest.ts';

/** Chance, in (0, 1), that one serving process takes a harmless canary out by the guard. */
const slotAlpha = z.number().gt(0).lt(1);

/** What serving processes judge by themselves, so that a burning canary is taken out though nothing but the store is left. */
export const gatewayGuardSchema = z.object({
  /** Serving processes that may judge; each claims one before it counts anything. */
  slots: z.int().positive(),
  /** `ratio` of the canary's rate of keys with an error to the champion's that is borne. */
  errors: z.object({ alpha: slotAlpha, ratio: z.number().positive() }).nullable(),
  /** The same of keys with an answer slower than `ms`. */
  slow: z.object({ alpha: slotAlpha, ms: z.number(), ratio: z.number().positive() }).nullable(),
});
export type GatewayGuardLimits = z.infer<typeof gatewayGuardSchema>;

/** The one small document per model that says which versions get which share of traffic. */
export const deploymentSchema = z.object({
  schema: z.literal('pawl.deployment/1'),
  /** Grows by one with every change: an ETag alone would allow ABA. */
  seq: z.int().positive(),
  model: z.string(),
  /** Salts the sticky split; drawn for each release. */
  salt: z.string(),
  champion: z.int().nullable(),
  previous: z.int().nullable(),
  canary: z.object({ version: z.int(), share: z.number().min(0).max(1) }).nullable(),
  /** Share of requests that are mirrored: the champion's to `version`, and `version`'s to the champion. */
  shadow: z.object({ version: z.int(), sample: z.number().min(0).max(1) }).nullable(),
  /** Null where serving processes do not judge. */
  guard: gatewayGuardSchema.nullable(),
  /** Versions of this state that were released by force, and what spoke against each; the one under release from the start. */
  forced: z.array(z.object({ version: z.int(), objection: z.string() })),
  frozen: z.boolean(),
  /** The workflow that holds the release, `<workflow id>/<run id>`; null when none does. */
  release: z.string().nullable(),
  /** Digest of the state before, as canonical JSON: who changes one in the store breaks the chain. Null for the first. */
  before: digestSchema.nullable(),
  /** Place of a signature of this state; nobody signs yet. */
  signature: z.null(),
  actor: z.string(),
  reason: z.string(),
  at: z.string(),
});
export type Deployment = z.infer<typeof deploymentSchema>;
