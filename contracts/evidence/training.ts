import { z } from 'zod';
import { digestSchema } from '../digest.ts';
import { drawnInputSchema } from './drawn-input.ts';
import { linearEvidenceSchema } from './linear.ts';

/** Codes by categorical feature that the model tells apart; a feature with more than 10,000 is left out. */
const trainedCodesSchema = z.record(z.string(), z.array(z.string()));

/** A trainer that `auto` tried: its mean validation loss, how much more that is than the least one, with the standard error; that no time was left, or why it is not judged. */
const triedTrainerSchema = z.union([
  z.object({
    name: z.string(),
    loss: z.number(),
    difference: z.number(),
    error: z.number(),
    steps: z.int(),
    parameters: z.int(),
    chosen: z.boolean(),
  }),
  z.object({ name: z.string(), late: z.literal(true) }),
  z.object({ name: z.string(), unusable: z.string() }),
]);
export type TriedTrainer = z.infer<typeof triedTrainerSchema>;

/** What is known of a training by a program, besides what any trainer says. */
const programEvidenceSchema = z.object({
  /** Greatest difference between the exported model's predictions of the validation rows and the program's own, and what was allowed. */
  difference: z.number(),
  tolerance: z.number(),
  /** Whether it was told to stop because its minutes were over. */
  stopped: z.boolean(),
  /** The last lines that it wrote, of standard output and standard error. */
  log: z.array(z.string()),
});
export type ProgramEvidence = z.infer<typeof programEvidenceSchema>;

export const trainingEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.training/1'),
  run: z.string(),
  model: digestSchema,
  /** Of a model on tensors: what its inputs are given where no caller is there yet. */
  drawn: z.array(drawnInputSchema).optional(),
  /** Null for an imported model; nothing below is known of it. */
  training: z
    .object({
      settings: z.record(z.string(), z.unknown()),
      seed: z.int(),
      rows: z.object({ train: z.int(), validation: z.int() }),
      curve: z.array(z.object({ epoch: z.int(), trainLoss: z.number(), validationLoss: z.number() })),
      bestEpoch: z.int(),
      provider: z.string(),
      parameters: z.int(),
      codes: trainedCodesSchema,
      environment: z.record(z.string(), z.string()),
      /** The simplest first; left out where the definition names one trainer. */
      tried: z.array(triedTrainerSchema).optional(),
      program: programEvidenceSchema.optional(),
      /** Of a linear model. */
      linear: linearEvidenceSchema.optional(),
      /** Where it began: at a checkpoint of a run, by its epoch, or from the start (0); and why a checkpoint was of no use. */
      resumed: z.object({ epoch: z.int(), run: z.string().nullable(), unusable: z.string().nullable() }),
      ms: z.number(),
    })
    .nullable(),
});
export type TrainingEvidence = z.infer<typeof trainingEvidenceSchema>;
