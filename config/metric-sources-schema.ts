import { z } from 'zod';
import { durationSchema, timerDurationSchema } from '../contracts/duration.ts';
import { nonBlank } from '../contracts/text.ts';

const selector = nonBlank.refine(
  (text) => text.includes('{version}'),
  'write {version} into it, so that it selects the counters of one version',
);

/** `metricSources.<model>` of `temporal.yaml`: where the counts of a release come from when another platform serves the model. */
export const metricSourceSchema = z.strictObject({
  kind: z.literal('prometheus').describe('A server with the HTTP API of Prometheus.'),
  url: z.url({ protocol: /^https?$/ }).describe('Address of the server, up to what precedes `/api/v1`.'),
  tokenFile: nonBlank
    .nullable()
    .default(null)
    .describe('File with a bearer token; read before each analysis, since tokens are renewed.'),
  caFile: nonBlank
    .nullable()
    .default(null)
    .describe("PEM file of the authorities that may sign the server's certificate; null takes the system's."),
  timeout: timerDurationSchema.default(30_000).describe('Longest time of one query.'),
  requests: selector.describe(
    'Selector of the counter of requests of a version, such as `http_requests_total{service="churn-v{version}"}`.',
  ),
  events: z
    .record(
      nonBlank,
      z.strictObject({
        selector: selector.describe('Selector of the counter of such events of a version.'),
        absent: z
          .enum(['error', 'zero'])
          .default('error')
          .describe(
            'Meaning of a counter that does not exist: an error, or no event yet (a counter that is made at its first event).',
          ),
      }),
    )
    .describe('By kind of event (`error`, `slow`, `positive`, `negative`), its counter.'),
  lookback: durationSchema
    .default(3_600_000)
    .describe("How long before the first window a counter's last value counts as its start."),
  gap: durationSchema
    .default(120_000)
    .describe(
      "Longest time without a sample of an arm's requests; more is an error. Twice the scrape interval, or more: half of it is left out of the canary's counts at both ends of each stretch of constant share.",
    ),
});
