import { z } from 'zod';
import { lossScaleSchema } from './loss-scale.ts';
import { pairedLossesSchema } from './paired-losses.ts';

/**
 * Rates of a group, given the true label: `tpr` is the share of its positives that are predicted positive, `fpr` that of its
 * negatives, `error` the share of all that is predicted wrongly; of numbers the mean bounded loss. High is good for `tpr`, low for the others.
 */
export const groupRates = ['tpr', 'fpr', 'error'] as const;
export type GroupRate = (typeof groupRates)[number];

/** Labelled keys that a rate is over, and those where one version did better than the other; a version that failed loses most by every rate. */
const rateCountsSchema = z.object({
  labels: z.int(),
  /** The champion did well, the canary did not; of numbers the canary loses more. */
  worse: z.int(),
  better: z.int(),
  /** Of numbers; absent of classes. */
  losses: pairedLossesSchema.optional(),
});
export type RateCounts = z.infer<typeof rateCountsSchema>;

/** Keys of a group by the first of their requests that both versions answered, or failed. */
export const groupCohortSchema = z.object({
  /** Both absent unless labels are two. */
  tpr: rateCountsSchema.optional(),
  fpr: rateCountsSchema.optional(),
  error: rateCountsSchema,
  /** Keys whose label has not come. */
  missing: z.int(),
  /** Keys all of whose mirrors were dropped. */
  dropped: z.int(),
  /** Keys without a label that a version failed, the canary's where both did; absent where there are none. */
  failed: z.object({ champion: z.int(), canary: z.int() }).optional(),
});
export type GroupCohort = z.infer<typeof groupCohortSchema>;

export const observedGroupSchema = z.object({
  /** `SEX`, or `SEX x RAC1P`. */
  attribute: z.string(),
  group: z.string(),
  /** Arrival of the group's first counted request, milliseconds since the epoch. */
  since: z.number(),
  all: groupCohortSchema,
  /** Those whose request is as old as labels need. */
  mature: groupCohortSchema,
});
export type ObservedGroup = z.infer<typeof observedGroupSchema>;

export const unreadAttributeSchema = z.object({ attribute: z.string(), why: z.string() });
export type UnreadAttribute = z.infer<typeof unreadAttributeSchema>;

export const observedGroupsSchema = z.object({
  /** The first groups that came, at most as many as may be judged, in the order of their arrival. */
  groups: z.array(observedGroupSchema),
  /** What the losses of numbers are; absent of classes. */
  scale: lossScaleSchema.optional(),
  /** Groups that came after those. */
  leftOut: z.int(),
  /** Attributes that the log does not show. */
  unread: z.array(unreadAttributeSchema),
});
export type ObservedGroups = z.infer<typeof observedGroupsSchema>;

/** Differences canary minus champion of the probability of the positive label are counted in this many steps per unit. */
export const scoreSteps = 400;

/** Keys by the first of their requests that both versions answered: whether the two said the same. No true label is needed. */
export const agreementSchema = z.object({
  /** Keys to which both gave a label, and those of them with different ones. */
  pairs: z.int(),
  disagree: z.int(),
  /** Keys to which one version gave none, as it failed. */
  missing: z.int(),
  /** Null where no guard asks for scores. */
  scores: z
    .object({
      /**
       * `[n, keys]`: the difference is at least n / `scoreSteps`, and below (n + 1) / `scoreSteps`, in the order of n; only those that
       * occur. Who tests takes the end that speaks less for a shift, which costs up to a step of the evidence and no validity.
       */
      differences: z.array(z.tuple([z.int(), z.int()])),
      /** Keys to which one version gave no probability. */
      missing: z.int(),
    })
    .nullable(),
});
export type Agreement = z.infer<typeof agreementSchema>;

/** What an analysis makes of one rate of one group. */
export const judgedGroupSchema = z.object({
  attribute: z.string(),
  group: z.string(),
  rate: z.enum(groupRates),
  /** Labelled keys that the rate is over. */
  size: z.int(),
  /** Inconclusive where the group is smaller than the policy's `minGroupKeys`. */
  certainty: z.enum(['conclusive', 'inconclusive']),
  /** The rate of the canary less that of the champion; of numbers the mean bounded loss, as a share of the cap. Null without labels. */
  difference: z.number().nullable(),
  /** e-process against "worse off by at most the limit". */
  harm: z.number(),
  /** e-process against "worse off by the limit or more", on labels that are old enough. */
  noHarm: z.number(),
});
export type JudgedGroup = z.infer<typeof judgedGroupSchema>;

/** "(canary - champion) of the rate in `group` less the same in `against`", an interval that holds at all analyses. */
const judgedContrastSchema = z.object({
  attribute: z.string(),
  rate: z.enum(groupRates),
  group: z.string(),
  against: z.string(),
  /** Keys of both groups that the contrast leaves out: without a label, or with no mirror. */
  leftOut: z.int(),
  estimate: z.number(),
  lower: z.number(),
  upper: z.number(),
});

export const judgedGroupsSchema = z.object({
  groups: z.array(judgedGroupSchema),
  /** All of them hold together, at all analyses, with a chance of at least 1 less the policy's alpha. */
  contrasts: z.array(judgedContrastSchema),
});
export type JudgedGroups = z.infer<typeof judgedGroupsSchema>;
