import { z } from 'zod';
import { durationSchema, positiveDurationSchema } from '../duration.ts';
import { groupRates } from '../evidence/groups.ts';
import { promotionPolicySchema } from './promotion-policy.ts';
import { errorChance, share } from '../share.ts';
import { valueGuardSchema, valueMetricProblem } from './value-policy.ts';

/** What a release may be judged by. Each is an e-process of its own with its part of `alpha`. */
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
] as const;
export type GuardName = (typeof guardNames)[number];

export const guardRuleSchema = z.strictObject({
  /** Part of `alpha` relative to the other guards; 0 turns the guard off. @default as `defaultGuardWeights`, `optionalGuardWeights` */
  weight: z.number().min(0).optional(),
  /** What a conviction does: `pause` waits for a person, who may resume in spite of it. */
  action: z.enum(['rollback', 'pause', 'warn']).default('rollback'),
  /** What too little evidence does when the phase is over. */
  missing: z.enum(['hold', 'pass', 'rollback']).default('hold'),
});
export type GuardRule = z.infer<typeof guardRuleSchema>;

/** Of the sensitive attributes that the model's `fairness.attributes` names, on mirrored requests whose true label came back. */
export const fairnessGuardSchema = z.strictObject({
  /** Tolerated loss of a group by each rate: a fall of the TPR, a rise of the FPR or of the error rate. */
  maxGroupLoss: share,
  /** Labelled keys (with a positive label for the TPR, a negative one for the FPR) below which a group is inconclusive. */
  minGroupKeys: z.int().min(1).default(100),
  rates: z
    .array(z.enum(groupRates))
    .min(1)
    .default([...groupRates]),
  /** Groups over all attributes that are judged at most, the first that come: each rate of each has alpha / (maxGroups x rates). */
  maxGroups: z.int().min(1).max(1_000).default(20),
  /** Whether promotion needs proof that no group of that size is worse off by `maxGroupLoss`, each at `alpha`. */
  promote: z.boolean().default(false),
});
export type FairnessGuard = z.infer<typeof fairnessGuardSchema>;

const mostSegments = 20;
const isCount = (values: number): boolean => values >= 1 && values <= mostSegments;

/** Segments of the traffic that the guards of live events judge on their own, beside all of it; nothing is routed by them. */
export const segmentGuardSchema = z.strictObject({
  /** An input of the model that the prediction log keeps as it came: by its value a request is in a segment. */
  column: z.string(),
  /** Part of a guard's alpha, relative to the others, by value: a code, or the name of a band of a sensitive attribute. */
  values: z
    .record(z.string(), z.number().positive())
    .refine((values) => isCount(Object.keys(values).length), `name 1 to ${mostSegments} values`),
  /** The same for all of the traffic, with any value. */
  all: z.number().min(0).default(1),
  /** Requests of each segment that the canary must have answered before its last step can pass. */
  minRequests: z.int().min(0).default(100),
});
export type SegmentGuard = z.infer<typeof segmentGuardSchema>;

export const releaseStepSchema = z.strictObject({
  /** Of the traffic, for the candidate. */
  share,
  /** @default `stepDuration` */
  duration: durationSchema.nullable().default(null),
  /** Whether the release waits for a person's `resume` once the step is proven. */
  pause: z.boolean().default(false),
});
export type ReleaseStep = z.infer<typeof releaseStepSchema>;

const listedSteps = z.array(
  z.union([share.transform((value) => releaseStepSchema.parse({ share: value })), releaseStepSchema]),
);
const linearSteps = z
  .strictObject({ linear: z.strictObject({ from: share, to: share, steps: z.int().min(2).max(100) }) })
  .transform(({ linear: { from, to, steps } }) =>
    Array.from({ length: steps }, (_, i) => stepAt(from + ((to - from) * i) / (steps - 1))),
  );
const exponentialSteps = z
  .strictObject({ exponential: z.strictObject({ from: share.min(0.0001), to: share, factor: z.number().min(1.1) }) })
  .refine(({ exponential: { from, to } }) => from <= to, 'shares must not fall from one step to the next')
  .transform(({ exponential: { from, to, factor } }) => {
    const count = Math.max(1, Math.ceil(Math.log(to / from) / Math.log(factor) - 1e-9) + 1);
    return Array.from({ length: count }, (_, i) => stepAt(Math.min(to, from * factor ** i)));
  });

/** Shares are rounded to what logs and people can read. */
const stepAt = (value: number): ReleaseStep => releaseStepSchema.parse({ share: Number(value.toPrecision(4)) });

export const releaseModes = ['canary', 'shadow', 'ab', 'blueGreen'] as const;

const releasePolicyFields = z.strictObject({
  /**
   * `canary`: shadow, steps, bake. `shadow`: copies only, then a report. `ab`: a fixed split for a time, then a report; the
   * champion keeps its place. `blueGreen`: shadow, then all traffic at once, bake.
   */
  mode: z.enum(releaseModes).default('canary'),
  shadow: z
    .strictObject({
      sample: share.default(1),
      minRequests: z.int().min(0).default(100),
      /** Part of the copies that may be dropped under load; the release holds above it, until they are made up for. */
      maxDropped: share.default(0.05),
      duration: durationSchema.default(600_000),
    })
    .prefault({}),
  /** Canary steps: a list of shares or of `{share, duration, pause}`, or `{linear: {from, to, steps}}`, or `{exponential: {from, to, factor}}`. */
  steps: z
    .union([listedSteps, linearSteps, exponentialSteps])
    .prefault([0.05, 0.25, 0.5])
    .refine(
      (steps) => steps.every((step, i) => i === 0 || step.share >= (steps[i - 1]?.share ?? 0)),
      'shares must not fall from one step to the next',
    )
    .refine(
      (steps) => steps.length > 0,
      'name at least one step: without one, mode blueGreen moves all traffic at once',
    ),
  stepDuration: durationSchema.default(1_800_000),
  /** Evidence of the first moments of the canary's traffic is left out, of both versions. */
  warmUp: durationSchema.default(0),
  /** Fewest requests answered by the canary in a step before it can pass. */
  minStepRequests: z.int().min(0).default(100),
  /** Mirrored requests with labels needed before promotion. */
  minLabels: z.int().min(0).default(500),
  promotion: promotionPolicySchema.prefault({}),
  labels: z
    .strictObject({
      /**
       * Age of a request at which its label has come if it ever does, independent of the label: promotion looks at older requests only.
       * Null holds promotions by labels. 0: labels come with the answers.
       */
      maturity: durationSchema.nullable().default(null),
      /**
       * Labels that have not come by then. `worst`: each counts against what is to be decided, the candidate's promotion or its rollback.
       * `random`: they are left out, which holds only where a label comes equally often for every label and whichever version is right.
       */
      missing: z.enum(['random', 'worst']).default('worst'),
    })
    .prefault({}),
  /** Of mode `ab`. */
  ab: z
    .strictObject({
      /** Of the traffic, for the candidate; both versions have some. */
      share: z.number().gt(0).lt(1).default(0.5),
      duration: positiveDurationSchema.default(86_400_000),
    })
    .prefault({}),
  bake: durationSchema.default(3_600_000),
  /**
   * Share of the traffic that the version before keeps during the bake, to be compared with. 0 compares with its past, by errors alone: that
   * is not a guarantee, so it only warns, unless `guards.rules` has a rule for `bakeErrors`.
   */
  holdback: share.max(0.5).default(0.05),
  /** Inconclusive holds until this long after the start, then goes back. */
  deadline: positiveDurationSchema.default(86_400_000),
  /** How often the evidence is looked at. */
  lookEvery: positiveDurationSchema.default(30_000),
  /** Chance that the guards of one release roll back a harmless candidate, over all deciders and retries. */
  alpha: errorChance.default(0.05),
  /** Serving processes that may judge by themselves; each has its part of the guards' alpha. 0 turns their guard off. */
  gatewayGuards: z.int().min(0).max(1_000).default(16),
  /** What a release does that finds another one of the model under way. */
  busy: z.enum(['wait', 'replace', 'refuse']).default('wait'),
  people: z
    .strictObject({
      /** Different people who must order `promote` or `resume` at a pause before it is done. */
      approvers: z.int().min(1).max(5).default(1),
      /** Whether who started the release may be one of them. */
      starterMayApprove: z.boolean().default(true),
    })
    .prefault({}),
  /** Limits of a hotfix, which is released while the champion is broken: rates of its own keys, compared with nothing. */
  hotfix: z
    .strictObject({
      maxErrorRate: share.default(0.01),
      maxSlowRate: share.default(0.05),
      stepDuration: durationSchema.default(60_000),
      bake: durationSchema.default(600_000),
    })
    .prefault({}),
  guards: z
    .strictObject({
      /** Tolerated ratio of the canary's error rate to the champion's. */
      errorRatio: z.number().positive().default(1),
      /** A request is slow above this. */
      slowMs: z.number().positive().default(50),
      slowRatio: z.number().positive().default(1.5),
      /** Tolerated ratio of positive predictions, both ways. */
      predictionRatio: z.number().positive().default(1.5),
      /** Tolerated loss of accuracy on mirrored requests. */
      accuracyLoss: z.number().min(0).default(0),
      /** No group is worse off by more than a limit; null judges no groups. */
      fairness: fairnessGuardSchema.nullable().default(null),
      /** `errors`, `slow`, `positives` and `negatives` also judge each segment of the traffic by itself; null judges none. */
      bySegment: segmentGuardSchema.nullable().default(null),
      /** Least share of mirrored keys to which both versions give the same label, as a quantized model and its fp32 twin do. */
      minAgreement: share.nullable().default(null),
      /** Greatest mean shift of the positive label's probability on mirrored keys, up or down. */
      maxScoreShift: share.nullable().default(null),
      /** Probabilities of the positive label from `from` to `to`, both inclusive, and the tolerated ratio of keys with such an answer. */
      scoreBand: z
        .strictObject({ from: share, to: share, ratio: z.number().positive() })
        .refine(({ from, to }) => from <= to, { path: ['to'], error: 'must not be less than "from"' })
        .nullable()
        .default(null),
      /** Tolerated ratio of keys with an answer whose probability is none: not in [0, 1], not finite, or absent. */
      outOfRangeRatio: z.number().positive().nullable().default(null),
      /** Tolerated loss of accuracy on labels of live requests, whichever version answered; null judges none. */
      liveAccuracyLoss: share.nullable().default(null),
      /** What answers were worth, by the values that came back for live requests; null judges none. */
      value: valueGuardSchema.nullable().default(null),
      /** By guard: its weight, what a conviction does, and what missing evidence does. */
      rules: z.partialRecord(z.enum(guardNames), guardRuleSchema).default({}),
    })
    .prefault({}),
});

export const releasePolicySchema = releasePolicyFields.superRefine(({ guards, promotion }, context) => {
  const message = valueMetricProblem(guards.value, promotion.metrics.value);
  if (message !== null) context.addIssue({ code: 'custom', path: ['promotion', 'metrics', 'value'], message });
});
export type ReleasePolicy = z.infer<typeof releasePolicySchema>;
