import { z } from 'zod';
import { groupRates } from '../evidence/groups.ts';
import { share } from '../share.ts';
import { valueGuardSchema } from './value-policy.ts';

/** Guards that judge what is predicted: `positives` and `negatives` of two labels, `mix` of more labels and of numbers, or none of scores, which have no unit. */
export const predictionGuards = ['twoLabels', 'mix', 'none'] as const;
export type PredictionGuards = (typeof predictionGuards)[number];

/** What a release may be judged by: a definition in `policy/release/guards/` for each, with its own e-process and part of `alpha`. */
export const guardNames = [
  'accuracy',
  'errors',
  'slow',
  'positives',
  'negatives',
  'sampleRatio',
  'mirroredErrors',
  'mirroredSlow',
  'bakeErrors',
  'bakeSlow',
  // Only where the policy sets their limit.
  'fairness',
  'agreement',
  'scoreShift',
  'scoreBand',
  'outOfRange',
  'liveAccuracy',
  'value',
  'mix',
] as const;
export type GuardName = (typeof guardNames)[number];

const requests = z.int().min(0).meta({ unit: 'requests' });
const ratio = z.number().positive();

export const guardRuleSchema = z.strictObject({
  weight: z
    .number()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe('Part of `alpha` relative to the other guards; 0 turns the guard off. Default: by guard.'),
  action: z
    .enum(['rollback', 'pause', 'warn'])
    .default('rollback')
    .describe('What happens when the guard fires: `pause` waits for a person, who may resume in spite of it.'),
  missing: z
    .enum(['hold', 'pass', 'rollback'])
    .default('hold')
    .describe('What too little evidence does when the phase is over.'),
});
export type GuardRule = z.infer<typeof guardRuleSchema>;

/** Of the sensitive attributes that the model's `fairness.attributes` names, on mirrored requests whose true label came back. */
export const fairnessGuardSchema = z.strictObject({
  maxGroupLoss: share.describe(
    'Tolerated loss of a group by each rate: a fall of the TPR, a rise of the FPR or of the error rate. Of numbers a rise of the mean bounded loss, as a share of the cap.',
  ),
  minGroupKeys: z
    .int()
    .min(1)
    .default(100)
    .meta({ unit: 'keys' })
    .describe(
      'Labelled keys (with a positive label for the TPR, a negative one for the FPR) below which a group is inconclusive.',
    ),
  rates: z
    .array(z.enum(groupRates))
    .min(1)
    .optional()
    .describe('Rates that are judged. Default: `tpr`, `fpr` and `error` of two labels, `error` of other tasks.'),
  maxGroups: z
    .int()
    .min(1)
    .max(1_000)
    .default(20)
    .describe(
      'Most groups over all attributes that are judged, the first that appear: each rate of each has alpha / (maxGroups x rates).',
    ),
  promote: z
    .boolean()
    .default(false)
    .describe(
      'Whether promotion needs proof that no group of that size is worse off by `maxGroupLoss`, each at `alpha`.',
    ),
});
export type FairnessGuard = z.infer<typeof fairnessGuardSchema>;

const mostSegments = 20;
const isCount = (values: number): boolean => values >= 1 && values <= mostSegments;

/** Segments of the traffic that the guards of live events judge on their own, beside all of it; nothing is routed by them. */
export const segmentGuardSchema = z.strictObject({
  column: z
    .string()
    .describe(
      'An input of the model that the prediction log keeps as it came: its value names the segment of a request.',
    ),
  values: z
    .record(z.string(), z.number().positive())
    .refine((values) => isCount(Object.keys(values).length), `name 1 to ${mostSegments} values`)
    .describe(
      "By value (a code, or the name of a band of a sensitive attribute), its part of a guard's alpha, relative to the others.",
    ),
  all: z.number().min(0).default(1).describe('The same for all of the traffic, with any value.'),
  minRequests: requests
    .default(100)
    .describe('Fewest requests of each segment that the canary must have answered before its last step can pass.'),
});
export type SegmentGuard = z.infer<typeof segmentGuardSchema>;

/** `predictionRatio` where the policy says nothing. */
export const usualRatio = 1.5;

/** `release.guards`: what may stop a release. */
export const guardsSchema = z.strictObject({
  errorRatio: ratio.default(1).describe("Tolerated ratio of the canary's error rate to the champion's."),
  slowMs: z.number().positive().default(50).meta({ unit: 'ms' }).describe('Latency above which an answer is slow.'),
  slowRatio: ratio.default(1.5).describe("Tolerated ratio of the canary's rate of slow answers to the champion's."),
  predictionRatio: ratio
    .default(usualRatio)
    .describe(
      "Tolerated ratio of a prediction's share to the champion's: of positive and negative ones, of each label, or of each tenth of the numbers.",
    ),
  predictions: z
    .enum(predictionGuards)
    .optional()
    .describe(
      'What judges predictions: `positives` and `negatives` (`twoLabels`), `mix` of more labels and of numbers, or `none`. Default: by the task of the model, which has one of them; `twoLabels` for a policy without a model.',
    ),
  accuracyLoss: share
    .default(0)
    .describe(
      'Tolerated loss of accuracy on mirrored requests; of numbers and with a `utility` the tolerated rise of the mean bounded loss.',
    ),
  fairness: fairnessGuardSchema
    .nullable()
    .default(null)
    .describe(
      'No group of `fairness.attributes` is worse off by more than a limit, on mirrored requests with a label; null judges no groups.',
    ),
  bySegment: segmentGuardSchema
    .nullable()
    .default(null)
    .describe(
      '`errors`, `slow`, `positives` and `negatives` also judge each segment of the traffic by itself; null judges none.',
    ),
  minAgreement: share
    .nullable()
    .default(null)
    .describe(
      'Least share of mirrored keys with the same label from both versions, as of a quantized model and its fp32 reference; of numbers, with one that is as near as `sameWithin` of the quality evidence; null does not judge it.',
    ),
  maxScoreShift: share
    .nullable()
    .default(null)
    .describe(
      "Greatest mean shift of the positive label's probability on mirrored keys, up or down; null does not judge it.",
    ),
  scoreBand: z
    .strictObject({
      from: share.describe('Least probability of the band, inclusive.'),
      to: share.describe('Greatest probability of the band, inclusive.'),
      ratio: ratio.describe('Tolerated ratio of keys with such an answer.'),
    })
    .refine(({ from, to }) => from <= to, { path: ['to'], error: 'must not be less than "from"' })
    .nullable()
    .default(null)
    .describe('Probabilities of the positive label that become more frequent; null judges none.'),
  outOfRangeRatio: ratio
    .nullable()
    .default(null)
    .describe(
      'Tolerated ratio of keys with an answer whose probability is not in [0, 1], not finite, or absent, as of a model without probabilities. A gateway fails such an answer, so that `errorRatio` judges it too; null does not judge it.',
    ),
  liveAccuracyLoss: share
    .nullable()
    .default(null)
    .describe(
      'Tolerated loss of accuracy on labels of live requests, whichever version answered; of numbers the tolerated rise of the mean bounded error; null judges none.',
    ),
  value: valueGuardSchema
    .nullable()
    .default(null)
    .describe('What answers were worth, by the values that came back for live requests; null judges none.'),
  rules: z
    .partialRecord(z.enum(guardNames), guardRuleSchema)
    .default({})
    .describe('By guard, its weight, what happens when it fires, and what missing evidence does.'),
});
