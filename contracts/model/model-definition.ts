import { z } from 'zod';
import { dataSelectionSchema } from '../data/dataset.ts';
import { durationSchema, positiveDurationSchema } from '../duration.ts';
import { releasePolicySchema } from '../release/release-policy.ts';
import { servingPolicySchema } from '../serving/serving-policy.ts';
import { errorChance, share } from '../share.ts';
import { dataGateSchema, psi, rows } from './data-gate.ts';
import { searchSchema } from './search.ts';
import { signatureSchema } from './signature.ts';
import { fairnessMetricNames, type FairnessMetricName } from './tasks/fairness-metrics.ts';
import { metricFacts, metricNames, type MetricName } from './tasks/metric-names.ts';
import { taskNames } from './tasks/names.ts';
import { tensorsSchema } from './tensors.ts';
import { trainerSchema } from './trainer.ts';
import { nonBlank } from '../text.ts';

const numberFrom = (least: number) => (least === -Infinity ? z.number() : z.number().min(least));

/** By metric: its loss, which is not below 0, or its value. */
const valuesOfMetrics = (what: 'losses' | 'values') =>
  z.strictObject(
    Object.fromEntries(
      metricNames.map((name) => [
        name,
        (metricFacts[name].unit === 'share' ? share : numberFrom(what === 'losses' ? 0 : metricFacts[name].range[0]))
          .optional()
          .describe(`Of the metric ${name}.`),
      ]),
    ) as Record<MetricName, z.ZodOptional<z.ZodNumber>>,
  );

const splitSchema = z.strictObject({
  by: z
    .enum(['hash', 'time', 'group', 'stratified'])
    .default('hash')
    .describe(
      '`hash` keeps a key in the same part in every run; `time` tests on the newest rows; `group` keeps all rows with one value of `group` in one part; `stratified` gives each label the same shares, and moves rows between the parts where rows come or go.',
    ),
  group: nonBlank
    .optional()
    .describe('Column whose values are not parted, such as a customer with several rows. Needed with `by: group`.'),
  validation: share.default(0.1).describe('Share of the rows that training is stopped by.'),
  test: share.default(0.2).describe('Share of the rows that the gates judge by.'),
});

const qualityGateSchema = z.strictObject({
  primary: z
    .enum(metricNames)
    .optional()
    .describe(
      'The metric that decides whether the candidate is better. Default: `auc` (binary), `logLoss` (multiclass), `mae` (regression), `pinball` (quantile), `ndcg` (ranking).',
    ),
  margins: valuesOfMetrics('losses')
    .optional()
    .describe(
      "By metric, the greatest loss against the champion, on the confidence bound, in the metric's unit. Default: by task, for binary `{ auc: 0.005, accuracy: 0.01, logLoss: 0.02 }`.",
    ),
  limits: valuesOfMetrics('values')
    .default({})
    .describe('By metric, an absolute limit: lower for scores, upper for losses.'),
  require: z
    .enum(['better', 'freshness'])
    .default('better')
    .describe('The candidate must be better on the primary metric (`better`), or only not worse (`freshness`).'),
  alpha: errorChance.default(0.05).describe('Chance of an error of a confidence bound.'),
  resamples: z.int().positive().default(1000).describe('Bootstrap resamples of a bound.'),
  folds: z
    .int()
    .min(2)
    .max(20)
    .optional()
    .describe(
      'Trains and tests as many times on other parts of all rows, and judges `limits` and the constant answer by their mean: cross-validation, or with `split.by: time` a rolling origin. For few rows. Default: judged on the test rows alone.',
    ),
  slices: z
    .array(z.string())
    .default([])
    .describe('Columns whose values make the slices of the evaluation; they are reported only.'),
});

/** Limits of one sensitive attribute, or of a pair written `SEX x RAC1P`. Without a limit a metric is reported only. */
const fairnessLimitSchema = z.strictObject({
  limits: z
    .strictObject(
      Object.fromEntries(
        fairnessMetricNames.map((name) => [
          name,
          (name.startsWith('mean') ? z.number().min(0) : share).optional().describe(`Of the metric ${name}.`),
        ]),
      ) as Record<FairnessMetricName, z.ZodOptional<z.ZodNumber>>,
    )
    .default({})
    .describe(
      'By metric, its limit: the greatest difference, the least ratio. Without a limit a metric is reported only.',
    ),
  maxGroupLoss: share
    .optional()
    .describe("Greatest rise of a group's error rate over the champion's, on the confidence bound."),
});
/** `fairness.minGroupEvents` where the definition says nothing. */
export const usualGroupEvents = 20;

const fairnessGateSchema = z.strictObject({
  attributes: z
    .record(z.string(), fairnessLimitSchema)
    .default({})
    .describe('By sensitive attribute, or pair written `SEX x RAC1P`, its limits.'),
  minGroupRows: rows.default(100).describe('Rows below which a group is not judged.'),
  minGroupEvents: rows
    .optional()
    .describe(
      'Of labels that are classes: positives (for the TPR), negatives (FPR) or predicted positives (precision) below which a group is not judged. Default: 20.',
    ),
  alpha: errorChance.default(0.05).describe('Chance of an error of a confidence bound.'),
  resamples: z.int().positive().default(500).describe('Bootstrap resamples of a bound.'),
});

const optimizeGateSchema = z.strictObject({
  variants: z
    .array(z.enum(['dynamicInt8', 'staticInt8']))
    .default(['dynamicInt8', 'staticInt8'])
    .describe('Quantized variants that are made and judged.'),
  calibrationRows: rows.default(1000).describe('Training rows that calibrate `staticInt8`.'),
  accuracyBudget: share
    .default(0.005)
    .describe('Greatest loss of accuracy against the fp32 reference, on the confidence bound.'),
  minAgreement: share.default(0.98).describe('Least share of equal labels with the fp32 reference.'),
  minSpeedup: z
    .number()
    .min(0)
    .default(1.1)
    .describe('Least speed relative to fp32, at the batch sizes below, for a variant to be chosen.'),
  batchSizes: z.array(rows).min(1).default([1, 64]).describe('Rows of a pass at which speed is measured.'),
});

const stagingGateSchema = z.strictObject({
  rate: z.number().positive().default(200).meta({ unit: 'requests per second' }).describe('Open-loop arrival rate.'),
  duration: positiveDurationSchema.default(5_000).describe('How long the load lasts.'),
  maxP99Ms: z.number().positive().default(50).meta({ unit: 'ms' }).describe('Greatest 99th percentile of the latency.'),
  minThroughput: z
    .number()
    .positive()
    .optional()
    .meta({ unit: 'requests per second' })
    .describe('Fewest answers. Default: no limit.'),
  maxErrorRate: share.default(0).describe('Greatest share of failed requests.'),
  maxMemoryMb: z.number().positive().default(1024).meta({ unit: 'MiB' }).describe('Most memory of the gateway.'),
});

const approvalPolicySchema = z.strictObject({
  require: z
    .enum(['always', 'never'])
    .default('always')
    .describe('`never` lets a run that passed every gate go on; a held gate always waits for a person.'),
  deadline: positiveDurationSchema
    .default(86_400_000)
    .describe('How long a run waits for a person; then it is rejected.'),
});

const monitorPolicySchema = z.strictObject({
  every: positiveDurationSchema.default(3_600_000).describe('How often the monitor looks.'),
  window: positiveDurationSchema.default(86_400_000).describe('Age of the oldest request that it reads.'),
  minRequests: z
    .int()
    .positive()
    .default(1000)
    .meta({ unit: 'requests' })
    .describe('Requests below which it judges nothing.'),
  minKeys: z
    .number()
    .positive()
    .default(20)
    .meta({ unit: 'keys' })
    .describe(
      'Fewest equally busy keys that the requests must be worth: rows of one key are alike, and do not count as independent.',
    ),
  psi: psi
    .default(0.25)
    .describe(
      "Lower bound of a column's PSI above which a run starts. Columns that are `off` in `data.psi.columns` are left out.",
    ),
  minAccuracy: share
    .optional()
    .describe(
      'Least live accuracy, of a ranking the mean NDCG of a request, on the confidence bound, below which a run starts. Default: no limit.',
    ),
  maxError: z
    .number()
    .positive()
    .optional()
    .describe(
      "Of numbers: greatest live mean absolute error in the target's unit, on the confidence bound, above which a run starts. Errors count as at most the `errorCap` of the version's quality evidence. Default: no limit.",
    ),
  cooldown: durationSchema
    .default(86_400_000)
    .describe('No run is started by the monitor within this long after the last one.'),
});

const scheduleSchema = z.strictObject({
  cron: nonBlank.describe('Times of the runs, as five cron fields.'),
  timezone: nonBlank.default('UTC').describe('Time zone of `cron`.'),
  paused: z.boolean().default(false).describe('Whether the schedule is made paused.'),
  data: dataSelectionSchema
    .optional()
    .describe('Rows of the runs that no person starts: those of the schedule and of the monitor. Default: all rows.'),
});

const free = (side: string): string =>
  `at 0 a number that is always too ${side} costs nothing, and no model is needed: write what it costs, such as 1`;

/** `models/<name>.yaml` */
export const modelDefinitionSchema = z.strictObject({
  model: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'a model is named in lower case letters, digits and dashes')
    .describe('Name of the model, and of its file: lower case letters, digits and dashes.'),
  description: z.string().default('').describe('What the model predicts.'),
  owner: z.string().default('').describe('Who answers for the model.'),
  dataset: nonBlank
    .optional()
    .describe('Name of the dataset: the folder under `datasets/`. Needed unless `tensors` is written.'),
  features: z
    .array(z.string())
    .default([])
    .describe('Columns that the model takes, in this order. Needed with `dataset`.'),
  tensors: tensorsSchema
    .optional()
    .describe(
      'Of a model whose inputs are tensors that are not columns, such as images or tokens. It has no dataset: it is imported, tried with made-up requests, and judged live. Default: the model takes columns.',
    ),
  task: z
    .enum(taskNames)
    .optional()
    .describe(
      'What the model predicts: one of two labels (`binary`), one of the allowed codes of the target (`multiclass`), a number (`regression`) or its quantiles (`quantile`), or the order of the rows of a query (`ranking`). Default: what the other keys, the type and the allowed codes of the target say.',
    ),
  quantile: z
    .array(z.number().gt(0).lt(1))
    .min(1)
    .optional()
    .describe(
      'Levels of the quantiles that a model of numbers answers, ascending and of an odd number; the middle one is its prediction. Default with task `quantile`: `[0.1, 0.5, 0.9]`.',
    ),
  query: nonBlank
    .optional()
    .describe('Column of a ranking whose value says which rows compete. Needed with task `ranking`.'),
  weight: nonBlank
    .optional()
    .describe(
      'Column with the weight of each row, 0 or more, in training and in the quality of the model. Fairness and quantized variants count rows, live evidence counts requests. Default: every row counts once.',
    ),
  positive: z
    .union([z.string(), z.number(), z.boolean()])
    .optional()
    .describe('The label of a binary task that counts as positive. Default: 1, or true.'),
  negative: z
    .union([z.string(), z.number(), z.boolean()])
    .optional()
    .describe('The other label. Default: the other one of two allowed codes, of true and false, or of 0 and 1.'),
  signature: signatureSchema
    .optional()
    .describe('Inputs and outputs of a model for `pawl import`, by its own names. Default: guessed, and printed.'),
  threshold: z
    .number()
    .gt(0, 'at 0 every answer is positive')
    .lt(1, 'at 1 hardly an answer is positive')
    .optional()
    .describe(
      'Probability at and above which the label of a binary task is positive. Default: where `utility` is worth the same for both answers, else 0.5.',
    ),
  utility: z
    .record(z.string(), z.record(z.string(), z.number()))
    .optional()
    .describe(
      'What an answer is worth in any unit, by the true label and then by the answer: `{ yes: { yes: 10, no: -40 }, no: { yes: -5, no: 0 } }`. Costs are negative. Releases are judged by it.',
    ),
  costs: z
    .strictObject({
      over: z.number().gt(0, free('high')).describe('Of each unit that a number is too high.'),
      under: z.number().gt(0, free('low')).describe('Of each unit that a number is too low.'),
    })
    .optional()
    .describe('What errors of a regression cost. Releases are judged by it.'),
  seed: z
    .int()
    .default(1)
    .describe('Seed of everything that is drawn at random. The same seed and rows give the same bytes.'),
  split: splitSchema.prefault({}).describe('How the rows are split into training, validation and test rows.'),
  trainer: trainerSchema.prefault({ kind: 'auto' }).describe('How the model is trained.'),
  search: searchSchema
    .optional()
    .describe(
      'Settings of the trainer that a run chooses by the validation rows before it trains. Default: those of `trainer`.',
    ),
  data: dataGateSchema.prefault({}).describe('Limits of the data gate.'),
  quality: qualityGateSchema.prefault({}).describe('Limits of the quality gate, on the test rows.'),
  fairness: fairnessGateSchema.prefault({}).describe('Limits of the fairness gate, on the test rows.'),
  optimize: optimizeGateSchema.prefault({}).describe('Quantization, and the limits of its gate.'),
  staging: stagingGateSchema.prefault({}).describe('Load on a staging gateway, and the limits of its gate.'),
  approval: approvalPolicySchema.prefault({}).describe('When a person must approve.'),
  release: releasePolicySchema.prefault({}).describe('How a version gets traffic.'),
  serving: servingPolicySchema.prefault({}).describe('How gateways answer for the model.'),
  monitor: monitorPolicySchema.prefault({}).describe('When the monitor starts a run.'),
  schedule: scheduleSchema.optional().describe('When runs start by themselves. Default: never.'),
});
export type ModelDefinition = z.infer<typeof modelDefinitionSchema>;
