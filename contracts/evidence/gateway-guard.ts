import { z } from 'zod';
import { eventCountsSchema } from './release.ts';

export const gatewayGuardNames = ['errors', 'slow'] as const;
export type GatewayGuardName = (typeof gatewayGuardNames)[number];

/** Who judges a release in a slot, written before anything was counted there and never changed. */
export const guardSlotSchema = z.object({
  schema: z.literal('pawl.guard-slot/2'),
  model: z.string(),
  release: z.string(),
  slot: z.int().min(0),
  instance: z.string(),
  /** Drawn by the process for this release: one that is started again is another judge. */
  judge: z.string(),
  at: z.string(),
});
export type GuardSlot = z.infer<typeof guardSlotSchema>;

/** Why a serving process took a canary out; `gatewayGuardTest` reaches the same verdict from it. */
export const gatewayGuardEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.gateway-guard/1'),
  model: z.string(),
  release: z.string(),
  version: z.int(),
  champion: z.int(),
  instance: z.string(),
  slot: z.int().min(0),
  guard: z.enum(gatewayGuardNames),
  /** Answers that took longer are slow, in ms; null for errors. */
  ms: z.number().nullable(),
  /** Sticky keys by their first event that this process saw. */
  counts: z.array(eventCountsSchema),
  /** Requests of the canary that this process answered, and those of them with the event. */
  canary: z.object({ requests: z.int(), events: z.int() }),
  eValue: z.number(),
  alpha: z.number(),
  ratio: z.number(),
  /** Milliseconds since the epoch. */
  at: z.number(),
});
export type GatewayGuardEvidence = z.infer<typeof gatewayGuardEvidenceSchema>;
