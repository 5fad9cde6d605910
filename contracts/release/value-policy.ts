import { z } from 'zod';

/** Of what answers were worth (`value` of a feedback), greater is better: revenue, minutes saved, a rating. */
export const valueGuardSchema = z
  .strictObject({
    /** Values are judged within `from` and `to`, in their own unit; what lies outside counts as the nearer end. */
    from: z.number(),
    to: z.number(),
    /** Tolerated fall of the mean value on live requests, in the unit of the value. */
    maxLoss: z.number().min(0),
    /** Where most values lie, best their mean: nearer to it fewer are needed. Fixed with the policy. @default `from` */
    usual: z.number().nullable().default(null),
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
  /** Beyond `guards.value.maxLoss`, in the unit of the value: so great a fall of the mean is the harm. */
  margin: z.number().min(0),
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
