import { z } from 'zod';
import { errorChance, share } from '../share.ts';
import { valueMetricSchema } from './value-policy.ts';

const loss = z.strictObject({
  margin: share
    .default(0.02)
    .describe('Loss beyond what the guard of the same name tolerates (0 where it is not in force) that is the harm.'),
});
const apart = (meaning: string) => z.strictObject({ margin: share.describe(meaning) });
const events = z.strictObject({
  ratio: z.number().positive().describe("So many times the champion's rate is the harm, if it is at least `rate`."),
  rate: z
    .number()
    .gt(0)
    .lt(1)
    .describe('Least rate that can be the harm: it lets a candidate be proven that hardly has an event.'),
});

/** What must be proven before a version gets all traffic, as "no alarm" is not "safe". */
export const promotionPolicySchema = z.strictObject({
  alpha: errorChance
    .nullable()
    .default(null)
    .describe('Chance that a candidate which is harmful by one of the metrics is promoted. Null is `release.alpha`.'),
  metrics: z
    .strictObject({
      accuracy: loss
        .nullable()
        .prefault({})
        .describe('Accuracy on mirrored requests with a label. Null asks for no proof, as does a `minLabels` of 0.'),
      liveAccuracy: loss
        .nullable()
        .default(null)
        .describe('Accuracy on the labels of live requests, whichever version answered.'),
      value: valueMetricSchema
        .nullable()
        .default(null)
        .describe('What answers were worth, within the range of `guards.value`, which it needs.'),
      errors: events.nullable().default(null).describe('Failed requests.'),
      slow: events.nullable().default(null).describe('Slow answers.'),
      agreement: apart('Share of mirrored keys with another label, beyond `1 - guards.minAgreement`, that is the harm.')
        .nullable()
        .default(null)
        .describe('Equal labels on mirrored requests.'),
      scoreShift: apart(
        "Mean shift of the positive label's probability, up or down, beyond `guards.maxScoreShift`, that is the harm.",
      )
        .nullable()
        .default(null)
        .describe('Equal probabilities on mirrored requests.'),
    })
    .prefault({})
    .describe(
      'What must be proven: each metric that is not null must reject "harm of at least its margin" by an e-process of its own at the whole alpha (intersection-union). For too little evidence the rule `missing` of the guard of the same name holds.',
    ),
});
export type EventMargin = z.infer<typeof events>;
