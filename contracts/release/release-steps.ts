import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { share } from '../share.ts';

export const releaseStepSchema = z.strictObject({
  share: share.describe('Share of the traffic for the candidate.'),
  duration: durationSchema.nullable().default(null).describe('Least time of the step; null is `stepDuration`.'),
  pause: z
    .boolean()
    .default(false)
    .describe("Whether the release waits for a person's `resume` once the step is proven."),
});
export type ReleaseStep = z.infer<typeof releaseStepSchema>;

const listedSteps = z.array(
  z.union([share.transform((value) => releaseStepSchema.parse({ share: value })), releaseStepSchema]),
);
const linearSteps = z
  .strictObject({
    linear: z
      .strictObject({
        from: share.describe('Share of the first step.'),
        to: share.describe('Share of the last step.'),
        steps: z.int().min(2).max(100).describe('Number of steps.'),
      })
      .describe('Steps whose shares rise by the same amount.'),
  })
  .transform(({ linear: { from, to, steps } }) =>
    Array.from({ length: steps }, (_, i) => stepAt(from + ((to - from) * i) / (steps - 1))),
  );
const exponentialSteps = z
  .strictObject({
    exponential: z
      .strictObject({
        from: share.min(0.0001).describe('Share of the first step.'),
        to: share.describe('Share of the last step.'),
        factor: z.number().min(1.1).describe('Share of a step relative to the one before.'),
      })
      .describe('Steps whose shares rise by the same factor.'),
  })
  .refine(({ exponential: { from, to } }) => from <= to, 'shares must not fall from one step to the next')
  .transform(({ exponential: { from, to, factor } }) => {
    const count = Math.max(1, Math.ceil(Math.log(to / from) / Math.log(factor) - 1e-9) + 1);
    return Array.from({ length: count }, (_, i) => stepAt(Math.min(to, from * factor ** i)));
  });

/** Shares are rounded to what logs and people can read. */
const stepAt = (value: number): ReleaseStep => releaseStepSchema.parse({ share: Number(value.toPrecision(4)) });

/** `steps` of a release policy, as a list of steps in any of its forms. */
export const releaseStepsSchema = z
  .union([listedSteps, linearSteps, exponentialSteps])
  .prefault([0.05, 0.25, 0.5])
  .refine(
    (steps) => steps.every((step, i) => i === 0 || step.share >= (steps[i - 1]?.share ?? 0)),
    'shares must not fall from one step to the next',
  )
  .refine((steps) => steps.length > 0, 'name at least one step: without one, mode blueGreen moves all traffic at once')
  .describe(
    'Canary steps: a list of shares or of `{share, duration, pause}`, or `{linear: {from, to, steps}}`, or `{exponential: {from, to, factor}}`.',
  );
