import { z } from 'zod';

const rows = z.int().positive().meta({ unit: 'rows' });

export const trainerSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('onnx').describe('A network that is trained as ONNX graphs.'),
      network: z
        .enum(['mlp', 'logistic'])
        .default('mlp')
        .describe('Network: layers with ReLU (`mlp`), or none (`logistic`).'),
      hidden: z
        .array(z.int().positive())
        .optional()
        .describe('Widths of the hidden layers of an `mlp`. Default: `[64, 32]`.'),
      encoding: z
        .union([
          z.literal('oneHot'),
          z.strictObject({
            embed: z.int().positive().describe('Width of the embedding, and most codes that are one-hot.'),
          }),
        ])
        .default('oneHot')
        .describe(
          'How categorical columns enter: one-hot, or columns with more codes than `embed` as embeddings of that width.',
        ),
      epochs: z.int().positive().default(20).meta({ unit: 'epochs' }).describe('Most passes over the training rows.'),
      batchSize: rows
        .optional()
        .describe('Rows of one step. Default: by the training rows, about 64 steps an epoch, from 16 to 256 rows.'),
      learningRate: z.number().positive().default(0.002).describe('Step size of Adam.'),
      weightDecay: z.number().min(0).default(0).describe('Decay of the weights by the optimizer.'),
      patience: z
        .int()
        .positive()
        .default(4)
        .meta({ unit: 'epochs' })
        .describe('Training stops after so many epochs without a better validation loss.'),
    })
    .refine(({ network, hidden }) => network === 'mlp' || hidden === undefined, {
      path: ['hidden'],
      message: 'a logistic network has no hidden layers: leave it out, or write network: mlp',
    }),
]);
export type TrainerSettings = z.infer<typeof trainerSchema>;

/** Widths of the hidden layers where the settings say nothing. */
export const usualHidden: readonly number[] = [64, 32];

/** What a trainer's settings are called. */
export const trainerKeys = (kind: TrainerSettings['kind']): string[] =>
  trainerSchema.options.filter(({ shape }) => shape.kind.value === kind).flatMap(({ shape }) => Object.keys(shape));
