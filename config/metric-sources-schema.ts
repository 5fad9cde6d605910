import { z } from 'zod';
import { durationSchema, timerDurationSchema } from '../contracts/duration.ts';

const selector = z
  .string()
  .refine(
    (text) => text.includes('{version}'),
    'write {version} into it, so that it selects the counters of one version',
  );

/** `metricSources.<model>` of `temporal.yaml`: where the counts of a release come from when another platform serves the model. */
export const metricSourceSchema = z.strictObject({
  kind: z.literal('prometheus'),
  /** Address of the server, up to what comes before `/api/v1`. */
  url: z.url({ protocol: /^https?$/ }),
  /** File with a bearer token; read before each look, since tokens are renewed. */
  tokenFile: z.string().nullable().default(null),
  /** PEM file of the authorities that may sign the server's certificate; null takes the system's. */
  caFile: z.string().nullable().default(null),
  /** Longest time of one query. */
  timeout: timerDurationSchema.default(30_000),
  /** Selector of the counter of requests of a version, such as `http_requests_total{service="churn-v{version}"}`. */
  requests: selector,
  /** Per kind of event, the selector of its counter. */
  events: z.record(
    z.string(),
    z.strictObject({
      selector,
      /** What it means that there is no such counter: an error, or that the event never happened (a counter that is made at the first event). */
      absent: z.enum(['error', 'zero']).default('error'),
    }),
  ),
  /** How long before the first window a counter's last value counts as its start. */
  lookback: durationSchema.default(3_600_000),
  /**
   * Longest time without a sample of an arm's requests; more is an error. Twice the scrape interval, or more: half of it is left out
   * of the canary's counts at both ends of each stretch of constant share.
   */
  gap: durationSchema.default(120_000),
});
