import { z } from 'zod';
import { errorChance, share } from '../share.ts';
import { valueMetricSchema } from './value-policy.ts';

const loss = z.strictObject({
  /** Beyond what the guard of the same name tolerates (0 where it is not in force): so great a loss is the harm. @default 0.02 */
  margin: share.default(0.02),
});
const twin = z.strictObject({ margin: share });
const events = z.strictObject({
  /** Harm is so many times the champion's rate, and */
  ratio: z.number().positive(),
  /** at least so great a rate: that no less can be harm lets a candidate be proven that hardly has an event. */
  rate: z.number().gt(0).lt(1),
});

/**
 * What must be proven before a version gets all traffic, as "no alarm" is not "safe". Each metric that is not null has to reject "harm
 * of at least its margin" by an e-process of its own at the whole alpha (intersection-union). Too little evidence is what the rule
 * `missing` of the guard of the same name says.
 */
export const promotionPolicySchema = z.strictObject({
  /** Chance that a candidate which is harmful by one of the metrics is promoted. @default the policy's `alpha` */
  alpha: errorChance.nullable().default(null),
  metrics: z
    .strictObject({
      /** On mirrored requests with a label; not asked either where `minLabels` is 0. */
      accuracy: loss.nullable().prefault({}),
      /** On the labels of live requests, of whichever version answered. */
      liveAccuracy: loss.nullable().default(null),
      /** What answers were worth, within the range of `guards.value`, which it needs. */
      value: valueMetricSchema.nullable().default(null),
      errors: events.nullable().default(null),
      slow: events.nullable().default(null),
      /** Margin: share of mirrored keys with another label, beyond `1 - guards.minAgreement`. */
      agreement: twin.nullable().default(null),
      /** Margin: mean shift of the positive label's probability, up or down, beyond `guards.maxScoreShift`. */
      scoreShift: twin.nullable().default(null),
    })
    .prefault({}),
});
export type EventMargin = z.infer<typeof events>;
