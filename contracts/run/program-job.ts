import { z } from 'zod';
import { taskNames } from '../model/tasks/names.ts';

/** Files of the folder that a trainer's program is given. */
export const programFiles = {
  job: 'job.json',
  train: 'train.parquet',
  validation: 'validation.parquet',
  champion: 'champion.onnx',
  checkpoint: 'checkpoint',
  model: 'model.onnx',
  result: 'result.json',
  /** Either of them. */
  predictions: ['predictions.parquet', 'predictions.csv'],
} as const;

/** What `job.json` tells a trainer's program. */
export const programJobSchema = z.object({
  schema: z.literal('pawl.trainer.job/1'),
  task: z.enum(taskNames),
  target: z.string().describe("Column of the label, in the target's own words."),
  features: z
    .array(
      z.object({
        name: z.string(),
        type: z
          .enum(['number', 'text'])
          .describe('Numbers are float32, and null where missing. Texts are codes, and empty where missing.'),
        allowed: z.array(z.string()).optional().describe('Codes that the dataset declares.'),
      }),
    )
    .describe('Columns of the model, in its order.'),
  labels: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .describe('Of labels that are classes: all of them, of two the negative one first.'),
  quantiles: z.array(z.number()).describe('Of quantiles: their levels, ascending.'),
  weight: z.string().nullable().describe("Column of each row's weight, with a mean of 1; null where each counts once."),
  query: z
    .string()
    .nullable()
    .describe('Column of numbers that says which rows of a ranking compete; null of other tasks.'),
  predictions: z.array(z.string()).describe('Columns of the predictions that the program leaves.'),
  seed: z.int(),
  parameters: z.record(z.string(), z.unknown()).describe("The definition's `trainer.parameters`."),
  resume: z.boolean().describe('Whether there is a checkpoint to go on from.'),
  champion: z.boolean().describe('Whether there is a model that serves.'),
});
export type ProgramJob = z.infer<typeof programJobSchema>;

/** A line that a program prints when it has come further. Other lines are its log. */
export const programLineSchema = z.object({
  step: z.int().positive(),
  trainLoss: z.number().optional(),
  validationLoss: z.number().optional(),
  checkpoint: z
    .string()
    .optional()
    .describe('File in the folder of the job that holds all that is needed to go on from this step.'),
  message: z.string().optional(),
});
export type ProgramLine = z.infer<typeof programLineSchema>;

/** What `result.json` says of a training. */
export const programResultSchema = z.strictObject({
  bestStep: z
    .int()
    .positive()
    .optional()
    .describe('The step whose model was exported. Default: the one with the least validation loss.'),
  parameters: z.int().min(0).optional().describe('Numbers that the model has learnt.'),
  provider: z.string().optional().describe('`cpu`, `cuda` or another device. Default: `cpu`.'),
  environment: z.record(z.string(), z.string()).default({}).describe('Names and versions of what it used.'),
});
export type ProgramResult = z.infer<typeof programResultSchema>;
