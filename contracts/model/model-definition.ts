import { z } from 'zod';
import { dataSelectionSchema } from '../data/dataset.ts';
import { durationSchema, positiveDurationSchema } from '../duration.ts';
import { releasePolicySchema } from '../release/release-policy.ts';
import { servingPolicySchema } from '../serving/serving-policy.ts';
import { errorChance, share } from '../share.ts';

export const metricNames = ['accuracy', 'precision', 'recall', 'f1', 'auc', 'logLoss', 'brier', 'ece'] as const;
export type MetricName = (typeof metricNames)[number];

/** Every metric lies in [0, 1], but for the log loss, which has no upper end. */
const valuesOfMetrics = z.strictObject(
  Object.fromEntries(
    metricNames.map((name) => [name, (name === 'logLoss' ? z.number().min(0) : share).optional()]),
  ) as Record<MetricName, z.ZodOptional<z.ZodNumber>>,
);

const splitSchema = z.strictObject({
  /** `hash` keeps a key on the same side in every run; `time` tests on the newest rows. */
  by: z.enum(['hash', 'time']).default('hash'),
  validation: share.default(0.1),
  test: share.default(0.2),
});

export const trainerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('onnx'),
    network: z.enum(['mlp', 'logistic']).default('mlp'),
    hidden: z.array(z.int().positive()).default([64, 32]),
    /** `oneHot` or an embedding of the given width for columns with more codes than that. */
    encoding: z.union([z.literal('oneHot'), z.strictObject({ embed: z.int().positive() })]).default('oneHot'),
    epochs: z.int().positive().default(20),
    batchSize: z.int().positive().default(256),
    learningRate: z.number().positive().default(0.002),
    weightDecay: z.number().min(0).default(0),
    /** Stop after so many epochs without a better validation loss. */
    patience: z.int().positive().default(4),
  }),
]);
export type TrainerSettings = z.infer<typeof trainerSchema>;

const psi = z.number().min(0);

/** Limits on the lower bound of a column's PSI. */
export const psiLimitsSchema = z.strictObject({
  /** Above it the gate warns. */
  warn: psi.default(0.1),
  /** Above it the gate is held for a person. */
  hold: psi.default(0.25),
  /** Above it the run stops; null is never. Drift is what the monitor starts runs for. */
  stop: psi.nullable().default(null),
});
export type PsiLimits = z.infer<typeof psiLimitsSchema>;

export const dataGateSchema = z.strictObject({
  minRows: z.int().positive().default(500),
  /** Least ratio of the row count to the previous snapshot's; below it the gate warns. */
  minRowRatio: z.number().positive().default(0.1),
  /** Greatest share of nulls in a column that may have them. */
  maxNullShare: share.default(0.05),
  /** Range of the share of positive labels. */
  labelBalance: z.tuple([share, share]).default([0.05, 0.95]),
  /** PSI per column against the champion's training snapshot. */
  psi: psiLimitsSchema
    .extend({
      /** Other limits of single columns; `off` for a column that is meant to move, as a year is, here and in the monitor. */
      columns: z
        .record(
          z.string(),
          z.union([
            z.literal('off'),
            z.strictObject({ warn: psi.optional(), hold: psi.optional(), stop: psi.nullable().optional() }),
          ]),
        )
        .default({}),
    })
    .prefault({}),
});

const qualityGateSchema = z.strictObject({
  primary: z.enum(metricNames).default('auc'),
  /** Greatest loss against the champion, on the confidence bound, per metric in the metric's unit. */
  margins: valuesOfMetrics.default({ auc: 0.005, accuracy: 0.01, logLoss: 0.02 }),
  /** Absolute limits: lower for scores, upper for losses. */
  limits: valuesOfMetrics.default({}),
  /** The candidate must be better on the primary metric, or it is enough that it is fresher. */
  require: z.enum(['better', 'freshness']).default('better'),
  alpha: errorChance.default(0.05),
  resamples: z.int().positive().default(1000),
  /** Columns whose values make the slices of the evaluation (reported). */
  slices: z.array(z.string()).default([]),
});

export const fairnessMetricNames = [
  'demographicParityDifference',
  'demographicParityRatio',
  'equalizedOddsDifference',
  'equalOpportunityDifference',
  'predictiveParityDifference',
] as const;
export type FairnessMetricName = (typeof fairnessMetricNames)[number];

/** Limits of one sensitive attribute, or of a pair written `SEX x RAC1P`. Without a limit a metric is reported only. */
const fairnessLimitSchema = z.strictObject({
  limits: z.partialRecord(z.enum(fairnessMetricNames), share).default({}),
  /** Greatest rise of a group's error rate over the champion's, on the confidence bound. */
  maxGroupLoss: share.optional(),
});
const fairnessGateSchema = z.strictObject({
  attributes: z.record(z.string(), fairnessLimitSchema).default({}),
  minGroupRows: z.int().positive().default(100),
  /** Positives for TPR, negatives for FPR, predicted positives for precision. */
  minGroupEvents: z.int().positive().default(20),
  alpha: errorChance.default(0.05),
  resamples: z.int().positive().default(500),
});

const optimizeGateSchema = z.strictObject({
  variants: z.array(z.enum(['dynamicInt8', 'staticInt8'])).default(['dynamicInt8', 'staticInt8']),
  calibrationRows: z.int().positive().default(1000),
  /** Greatest loss of accuracy against the fp32 twin, on the confidence bound. */
  accuracyBudget: share.default(0.005),
  /** Least share of equal labels with the fp32 twin. */
  minAgreement: share.default(0.98),
  /** Least speed relative to fp32, at the batch sizes below, for INT8 to pay. */
  minSpeedup: z.number().min(0).default(1.1),
  batchSizes: z.array(z.int().positive()).min(1).default([1, 64]),
});

const stagingGateSchema = z.strictObject({
  /** Open-loop arrival rate, requests per second. */
  rate: z.number().positive().default(200),
  duration: positiveDurationSchema.default(5_000),
  maxP99Ms: z.number().positive().default(50),
  minThroughput: z.number().positive().optional(),
  maxErrorRate: share.default(0),
  maxMemoryMb: z.number().positive().default(1024),
});

const approvalPolicySchema = z.strictObject({
  /** `never` lets a run that passed every gate go on; a held gate always waits for a person. */
  require: z.enum(['always', 'never']).default('always'),
  deadline: positiveDurationSchema.default(86_400_000),
});

const monitorPolicySchema = z.strictObject({
  every: positiveDurationSchema.default(3_600_000),
  window: positiveDurationSchema.default(86_400_000),
  minRequests: z.int().positive().default(1000),
  /** Least number of equally busy keys that the requests are worth: rows of one key are alike, and do not count as independent. */
  minKeys: z.number().positive().default(20),
  /** Lower bound of a column's PSI above which a run starts. Columns that are `off` in `data.psi.columns` are not looked at. */
  psi: psi.default(0.25),
  /** Least live accuracy, on the confidence bound. */
  minAccuracy: share.optional(),
  /** No run is started by the monitor within this long after the last one. */
  cooldown: durationSchema.default(86_400_000),
});

const scheduleSchema = z.strictObject({
  cron: z.string(),
  timezone: z.string().default('UTC'),
  paused: z.boolean().default(false),
  /** Rows that runs take which no person starts: those of the schedule and of the monitor. @default all rows */
  data: dataSelectionSchema.optional(),
});

/** `models/<name>.yaml` */
export const modelDefinitionSchema = z.strictObject({
  model: z.string().regex(/^[a-z][a-z0-9-]*$/, 'a model is named in lower case letters, digits and dashes'),
  description: z.string().default(''),
  owner: z.string().default(''),
  dataset: z.string(),
  features: z.array(z.string()).min(1),
  /** The label that counts as positive. */
  positive: z.union([z.string(), z.number(), z.boolean()]).default(1),
  /** The other label; needed where it is not the other one of two allowed codes, of true and false, or of 0 and 1. */
  negative: z.union([z.string(), z.number(), z.boolean()]).optional(),
  /** Probability at and above which the label is positive. */
  threshold: z.number().gt(0, 'at 0 every answer is positive').lt(1, 'at 1 hardly an answer is positive').default(0.5),
  seed: z.int().default(1),
  split: splitSchema.prefault({}),
  trainer: trainerSchema.prefault({ kind: 'onnx' }),
  data: dataGateSchema.prefault({}),
  quality: qualityGateSchema.prefault({}),
  fairness: fairnessGateSchema.prefault({}),
  optimize: optimizeGateSchema.prefault({}),
  staging: stagingGateSchema.prefault({}),
  approval: approvalPolicySchema.prefault({}),
  release: releasePolicySchema.prefault({}),
  serving: servingPolicySchema.prefault({}),
  monitor: monitorPolicySchema.prefault({}),
  schedule: scheduleSchema.optional(),
});
export type ModelDefinition = z.infer<typeof modelDefinitionSchema>;
