import { z } from 'zod';
import { durationSchema, positiveDurationSchema } from '../duration.ts';
import { promotionPolicySchema } from './promotion-policy.ts';
import { errorChance, share } from '../share.ts';
import { releaseStepsSchema } from './release-steps.ts';
import { guardsSchema } from './guards-policy.ts';
import { valueMetricProblem } from './value-policy.ts';

const requests = z.int().min(0).meta({ unit: 'requests' });

export const releaseModes = ['canary', 'shadow', 'ab', 'blueGreen'] as const;

const releasePolicyFields = z.strictObject({
  mode: z
    .enum(releaseModes)
    .default('canary')
    .describe(
      '`canary`: shadow, steps, bake. `shadow`: mirrored requests only, then a report. `ab`: a fixed split for a time, then a report; the champion keeps its place. `blueGreen`: shadow, then all traffic at once, bake.',
    ),
  shadow: z
    .strictObject({
      sample: share.default(1).describe('Share of the requests that are mirrored.'),
      minRequests: requests.default(100).describe('Fewest mirrored requests before the phase can pass.'),
      maxDropped: share
        .default(0.05)
        .describe(
          'Share of the mirrored requests that may be dropped under load; above it the release holds until they are answered.',
        ),
      duration: durationSchema.default(600_000).describe('Least time of the phase.'),
    })
    .prefault({})
    .describe('The phase in which the candidate only answers mirrored requests.'),
  steps: releaseStepsSchema,
  stepDuration: durationSchema.default(1_800_000).describe('Least time of a step.'),
  warmUp: durationSchema
    .default(0)
    .describe("So long from the start of the canary's traffic evidence is left out, of both versions."),
  minStepRequests: requests
    .default(100)
    .describe('Fewest requests that the canary must have answered in a step before it can pass.'),
  minLabels: z
    .int()
    .min(0)
    .default(500)
    .meta({ unit: 'labels' })
    .describe('Fewest mirrored requests with a label before promotion.'),
  promotion: promotionPolicySchema.prefault({}).describe('What must be proven before a version gets all traffic.'),
  labels: z
    .strictObject({
      maturity: durationSchema
        .nullable()
        .default(null)
        .describe(
          'Age of a request at which its label has arrived if it ever does, independent of the label: promotion reads older requests only. Null holds promotions by labels. 0: labels arrive with the answers.',
        ),
      missing: z
        .enum(['random', 'worst'])
        .default('worst')
        .describe(
          "Labels that have not arrived by then. `worst`: each counts against what is decided, the candidate's promotion or its rollback. `random`: they are left out, which holds only where a label arrives equally often for every label and whichever version is right.",
        ),
    })
    .prefault({})
    .describe('When labels arrive, and what missing ones count for.'),
  ab: z
    .strictObject({
      share: z
        .number()
        .gt(0)
        .lt(1)
        .default(0.5)
        .describe('Share of the traffic for the candidate; both versions have some.'),
      duration: positiveDurationSchema.default(86_400_000).describe('How long the split lasts.'),
    })
    .prefault({})
    .describe('The split of mode `ab`.'),
  bake: durationSchema.default(3_600_000).describe('How long the new champion is watched.'),
  holdback: share
    .max(0.5)
    .default(0.05)
    .describe(
      'Share of the traffic that the previous version keeps during the bake, to be compared with. 0 compares with its past, by errors alone: that is not a guarantee, so it only warns, unless `guards.rules` has a rule for `bakeErrors`.',
    ),
  deadline: positiveDurationSchema
    .default(86_400_000)
    .describe('Longest time of a release. Inconclusive evidence holds it until then; then it rolls back.'),
  analyzeEvery: positiveDurationSchema.default(30_000).describe('How often the release is analysed.'),
  alpha: errorChance
    .default(0.05)
    .describe('Chance that the guards of one release roll back a harmless candidate, over all deciders and retries.'),
  gatewayGuards: z
    .int()
    .min(0)
    .max(1_000)
    .default(16)
    .meta({ unit: 'processes' })
    .describe(
      "Most gateway processes that judge by themselves; each has its part of the guards' alpha. 0 turns their guard off.",
    ),
  busy: z
    .enum(['wait', 'replace', 'refuse'])
    .default('wait')
    .describe('What a release does that finds another one of the model under way.'),
  people: z
    .strictObject({
      approvers: z
        .int()
        .min(1)
        .max(5)
        .default(1)
        .meta({ unit: 'people' })
        .describe('Different people who must order `promote`, or `resume` at a pause, before it is done.'),
      starterMayApprove: z.boolean().default(true).describe('Whether who started the release may be one of them.'),
    })
    .prefault({})
    .describe('Who decides.'),
  hotfix: z
    .strictObject({
      maxErrorRate: share.default(0.01).describe('Greatest share of its keys with a failed request.'),
      maxSlowRate: share.default(0.05).describe('Greatest share of its keys with a slow answer.'),
      stepDuration: durationSchema.default(60_000).describe('Least time of a step.'),
      bake: durationSchema.default(600_000).describe('How long the new champion is watched.'),
    })
    .prefault({})
    .describe(
      'Limits of a hotfix, which is released while the champion is broken: rates of its own keys, compared with nothing.',
    ),
  guards: guardsSchema
    .prefault({})
    .describe('What may stop a release. Each guard is an e-process of its own with its part of `alpha`.'),
});

export const releasePolicySchema = releasePolicyFields.superRefine(({ guards, promotion }, context) => {
  const message = valueMetricProblem(guards.value, promotion.metrics.value);
  if (message !== null) context.addIssue({ code: 'custom', path: ['promotion', 'metrics', 'value'], message });
});
export type ReleasePolicy = z.infer<typeof releasePolicySchema>;
