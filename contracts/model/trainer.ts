import { z } from 'zod';
import { share } from '../share.ts';
import { nonBlank } from '../text.ts';

const rows = z.int().positive().meta({ unit: 'rows' });

const tails = (usual: 'log' | 'keep') =>
  z
    .enum(['log', 'keep'])
    .default(usual)
    .describe(
      '`log` takes the logarithm of the far values of numbers with long tails, such as incomes; `keep` leaves all numbers as they are.',
    );

/** Of trainers that pass over the rows in batches. */
const ofEpochs = {
  epochs: z.int().positive().default(20).meta({ unit: 'epochs' }).describe('Most passes over the training rows.'),
  batchSize: rows
    .optional()
    .describe('Rows of one step. Default: by the training rows, about 64 steps an epoch, from 16 to 256 rows.'),
  patience: z
    .int()
    .positive()
    .default(4)
    .meta({ unit: 'epochs' })
    .describe('Training stops after so many epochs without a better validation loss.'),
};

export const trainerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z
      .literal('linear')
      .describe('A linear model, or with `splines` an additive one, fitted to the optimum of its loss.'),
    l2: z
      .number()
      .min(0)
      .default(1)
      .describe(
        'Penalty: half of it times the sum of the squared weights is added to the summed loss. Numbers are standardized; the intercept is free.',
      ),
    splines: z
      .int()
      .min(0)
      .max(20)
      .default(0)
      .meta({ unit: 'knots' })
      .describe(
        'Inner knots of the curve of each numeric feature, at quantiles of its training rows. 0: a straight line.',
      ),
    tails: tails('keep'),
    iterations: z.int().positive().default(1000).meta({ unit: 'iterations' }).describe('Most steps to the optimum.'),
  }),
  z.strictObject({
    kind: z.literal('network').describe('A network of layers with ReLU.'),
    hidden: z.array(z.int().positive()).min(1).default([64, 32]).describe('Widths of the hidden layers.'),
    normalization: z
      .enum(['none', 'batch', 'layer'])
      .default('none')
      .describe(
        'What standardizes the values of a hidden layer: nothing, the rows of the batch, or the values of the row.',
      ),
    residual: z
      .boolean()
      .default(false)
      .describe('Adds to each hidden layer after the first what it takes, by a matrix where their widths differ.'),
    dropout: share
      .lt(1, 'expected a share below 1, such as 0.1')
      .default(0)
      .describe('Share of the values of a hidden layer that each training step leaves out.'),
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
    tails: tails('log'),
    epochs: ofEpochs.epochs,
    batchSize: ofEpochs.batchSize,
    learningRate: z.number().positive().default(0.002).describe('Step size of Adam.'),
    schedule: z
      .enum(['constant', 'cosine'])
      .default('constant')
      .describe('How the step size goes on after its rise: constant, or falling to 0 at the last of `epochs`.'),
    warmup: share
      .lt(1, 'expected a share below 1, such as 0.1')
      .default(0)
      .describe('Share of the steps of all `epochs` over which the step size rises from 0.'),
    clip: z
      .number()
      .positive()
      .optional()
      .describe('Greatest length of the gradient; a longer one is shortened to it. Default: no limit.'),
    weightDecay: z.number().min(0).default(0).describe('Decay of the weights by the optimizer.'),
    labelSmoothing: share
      .lt(1, 'expected a share below 1, such as 0.1')
      .default(0)
      .describe('Share of an even guess among the labels that training learns. For tasks binary and multiclass.'),
    classWeights: z
      .enum(['none', 'balanced'])
      .default('none')
      .describe(
        'Whether rows of each label weigh the same together, in training and in the validation loss. For tasks binary and multiclass.',
      ),
    seeds: z
      .int()
      .min(1)
      .max(32)
      .default(1)
      .meta({ unit: 'networks' })
      .describe('Networks from as many seeds, each stopped by itself, whose mean is the model.'),
    patience: ofEpochs.patience,
  }),
  z.strictObject({
    kind: z.literal('gbdt').describe('Gradient boosting of trees, each by histograms and grown leaf by leaf.'),
    trees: z.int().positive().default(500).meta({ unit: 'rounds' }).describe('Most rounds; each adds a tree.'),
    learningRate: z.number().positive().max(1).default(0.05).describe('What a tree is scaled by.'),
    leaves: z.int().min(2).max(1024).default(31).describe('Most leaves of a tree.'),
    maxDepth: z.int().positive().default(30).describe('Most splits from the root to a leaf.'),
    minRows: rows.default(20).describe('Rows of a leaf, at least.'),
    l1: z.number().min(0).default(0).describe('Penalty on the absolute values of leaves.'),
    l2: z.number().min(0).default(0).describe('Penalty on the squared values of leaves.'),
    rowShare: z.number().positive().max(1).default(1).describe('Share of the rows that a round draws.'),
    columnShare: z.number().positive().max(1).default(1).describe('Share of the columns that a tree draws.'),
    bins: z
      .int()
      .min(3)
      .max(256)
      .default(256)
      .describe('Bins of a column, one of them for missing values. Rarer codes of a categorical column share it.'),
    monotone: z
      .record(z.string(), z.enum(['rising', 'falling']))
      .default({})
      .describe('Numeric features with which the prediction may only rise, or only fall.'),
    patience: z
      .int()
      .positive()
      .default(30)
      .meta({ unit: 'rounds' })
      .describe('Training stops after so many rounds without a better validation loss.'),
    threads: z
      .int()
      .positive()
      .max(64)
      .optional()
      .meta({ unit: 'threads' })
      .describe(
        'Threads that learn; the model is the same with any number. Default: one for each 2,000,000 values of the training rows, as far as there are cores, at most 4.',
      ),
  }),
  z.strictObject({
    kind: z.literal('graph').describe('A model from elsewhere, whose weights are trained further.'),
    model: nonBlank.describe('Its ONNX file, relative to the project.'),
    freeze: z
      .array(nonBlank)
      .default([])
      .describe('Initializers that stay as they are, by name or pattern: `*` is any text.'),
    epochs: ofEpochs.epochs,
    batchSize: ofEpochs.batchSize,
    learningRate: z.number().positive().default(0.0005).describe('Step size of Adam.'),
    weightDecay: z.number().min(0).default(0).describe('Decay of the matrices of layers by the optimizer.'),
    patience: ofEpochs.patience,
  }),
  z.strictObject({
    kind: z.literal('command').describe('A program of yours, which reads files and leaves an ONNX file.'),
    folder: nonBlank.describe('Folder of the program, relative to the project.'),
    run: z.array(nonBlank).min(1).describe('The program and its arguments, as they are started in that folder.'),
    requirements: nonBlank
      .optional()
      .describe(
        'File in that folder with pinned Python packages (`name==version`). An environment with them is made, and is first on `PATH`. Default: none.',
      ),
    parameters: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('Settings of the program, which are handed on as they are.'),
    tolerance: share
      .default(0.001)
      .describe(
        "Greatest difference between the exported model's predictions and the program's own: of probabilities as it is, of numbers as a share of their standard deviation.",
      ),
    minutes: z
      .number()
      .positive()
      .max(7 * 24 * 60)
      .default(60)
      .meta({ unit: 'minutes' })
      .describe('After so many the program is told to stop (SIGTERM), and ended half a minute later.'),
    memoryMb: z
      .int()
      .positive()
      .default(8192)
      .meta({ unit: 'MiB' })
      .describe('Memory of its processes beyond which it is ended (measured on Linux alone).'),
  }),
  z.strictObject({
    kind: z
      .literal('auto')
      .describe('Tries a linear model, boosted trees and a network, and takes the best one by the validation rows.'),
    minutes: z
      .number()
      .positive()
      .max(24 * 60)
      .default(15)
      .meta({ unit: 'minutes' })
      .describe(
        'After so many no further one begins, and one that is trained is ended. The first one is always trained.',
      ),
  }),
]);
export type TrainerSettings = z.infer<typeof trainerSchema>;
/** The settings of a kind of trainer. */
export type SettingsOf<K extends TrainerSettings['kind']> = Extract<TrainerSettings, { kind: K }>;

/** Settings that one trainer learns by. */
export type SingleSettings = Exclude<TrainerSettings, { kind: 'auto' }>;

/** Settings of the trainers that are part of Pawl. */
export type OwnSettings = Exclude<SingleSettings, { kind: 'command' }>;

/** What a step of a trainer is called, several of them, and the setting that ends them, where one does. */
export const trainingSteps: Readonly<
  Record<TrainerSettings['kind'], { readonly one: string; readonly several: string; readonly most: string | null }>
> = {
  linear: { one: 'iteration', several: 'iterations', most: 'iterations' },
  network: { one: 'epoch', several: 'epochs', most: 'epochs' },
  gbdt: { one: 'round', several: 'rounds', most: 'trees' },
  graph: { one: 'epoch', several: 'epochs', most: 'epochs' },
  command: { one: 'step', several: 'steps', most: null },
  auto: { one: 'step', several: 'steps', most: null },
};

/** What a trainer's settings are called. */
export const trainerKeys = (kind: TrainerSettings['kind']): string[] =>
  trainerSchema.options.filter(({ shape }) => shape.kind.value === kind).flatMap(({ shape }) => Object.keys(shape));
