import { z } from 'zod';

/** Of what answers were worth (`value` of a feedback), greater is better: revenue, minutes saved, a rating. */
export const valueGuardSchema = z
  .strictObject({
    from: z.number().describe('Least value that is judged, in its own unit; a lesser one counts as this one.'),
    to: z.number().describe('Greatest value that is judged; a greater one counts as this one.'),
    maxLoss: z.number().min(0).describe('Tolerated fall of the mean value on live requests, in the unit of the value.'),
    usual: z
      .number()
      .nullable()
      .default(null)
      .describe(
        'Where most values lie, best their mean: nearer to it fewer are needed. Fixed with the policy. Null is `from`.',
      ),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'must be greater than "from"' })
  .refine(({ from, to, maxLoss }) => maxLoss < to - from, {
    path: ['maxLoss'],
    error: 'must be less than the range is wide: a mean within it cannot fall so far',
  })
  .refine(({ from, to, usual }) => usual === null || (usual >= from && usual <= to), {
    path: ['usual'],
    error: 'must be from "from" to "to"',
  });
export type ValueGuard = z.infer<typeof valueGuardSchema>;

export const valueMetricSchema = z.strictObject({
  margin: z
    .number()
    .min(0)
    .describe('Fall of the mean beyond `guards.value.maxLoss`, in the unit of the value, that is the harm.'),
});
type ValueMetric = z.infer<typeof valueMetricSchema>;

/** Why a policy cannot ask for the proof of the value; null where it can, or does not. */
export function valueMetricProblem(guard: ValueGuard | null, metric: ValueMetric | null): string | null {
  if (metric === null) return null;
  if (guard === null)
    return 'needs the range of the values: set guards.value (a weight of 0 in guards.rules.value turns the guard itself off)';
  const width = guard.to - guard.from;
  return guard.maxLoss + metric.margin <= width
    ? null
    : `guards.value.maxLoss and this margin are more than the range is wide (${width})`;
}
