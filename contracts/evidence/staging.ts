import { z } from 'zod';
import { verdictSchema } from '../verdict.ts';

/** What open-loop load on a staging gateway measured; latency counts from the intended send time. */
export const stagingMeasurementSchema = z.object({
  requests: z.int(),
  errors: z.int(),
  /** Errors that say that there was no time: answers of an overloaded gateway, and none within the time limit. */
  overloaded: z.int(),
  durationMs: z.number(),
  /** Arrival rate that was offered, requests per second. */
  offered: z.number(),
  /** Answers per second. */
  throughput: z.number(),
  /** Quantiles: the median of those in each third of the time. `max`: of all. */
  latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }),
  memoryMb: z.number(),
  /** The first requests that failed. */
  failures: z.array(
    z.object({
      /** From the start of the load. */
      afterMs: z.number(),
      /** Requests that waited for an answer when this one was sent. */
      waiting: z.int(),
      /** Status and begin of the answer, or the error of the connection. */
      message: z.string(),
    }),
  ),
  /** Shares of the time of all cores meanwhile; null where the system does not say. `steal`: taken by other guests of the host. */
  machine: z.object({ idle: z.number(), steal: z.number(), gateway: z.number(), others: z.number() }).nullable(),
});
export type StagingMeasurement = z.infer<typeof stagingMeasurementSchema>;

export const stagingEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.staging/1'),
  run: z.string(),
  measurement: stagingMeasurementSchema,
  /** Measurements so far; a busy machine is measured again. */
  attempts: z.int(),
  verdict: verdictSchema,
});
export type StagingEvidence = z.infer<typeof stagingEvidenceSchema>;
