import { z } from 'zod';
import { metricNames } from '../model/model-definition.ts';
import { verdictSchema } from '../verdict.ts';

export const metricValuesSchema = z.record(z.enum(metricNames), z.number().nullable());
export type MetricValues = z.infer<typeof metricValuesSchema>;

/** Candidate minus champion on the same rows, with a paired bootstrap interval. */
export const differenceSchema = z.object({
  metric: z.enum(metricNames),
  estimate: z.number(),
  lower: z.number(),
  upper: z.number(),
});
export type Difference = z.infer<typeof differenceSchema>;

/** Test rows, how many of them a model was trained on, and the first of their keys. */
export const seenRowsSchema = z.object({ rows: z.int(), seen: z.int(), keys: z.array(z.string()) });
export type SeenRows = z.infer<typeof seenRowsSchema>;

export const qualityEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.quality/1'),
  run: z.string(),
  model: z.string(),
  champion: z.int().nullable(),
  rows: z.int(),
  /** Probabilities of the candidate that are NaN or infinite, or outside [0, 1]; the AUC of its own labels. */
  faults: z.object({
    rows: z.int(),
    notFinite: z.int(),
    outside: z.int(),
    first: z.object({ row: z.int(), probability: z.string() }).nullable(),
    labelAgreement: z.number().nullable(),
  }),
  /** Of an imported model whose training rows were told. */
  seen: seenRowsSchema.optional(),
  /** Why the champion could not be asked; null where it was, and where there is none. */
  incomparable: z.string().nullable(),
  candidate: metricValuesSchema,
  championMetrics: metricValuesSchema.nullable(),
  differences: z.array(differenceSchema),
  slices: z.array(
    z.object({
      column: z.string(),
      value: z.string(),
      rows: z.int(),
      accuracy: z.number(),
      auc: z.number().nullable(),
    }),
  ),
  /** Microseconds per row in one batch, and milliseconds for a single row. */
  latency: z.object({ rowMicros: z.number(), singleMs: z.number() }),
  /** Points of the ROC curve and of the reliability diagram, for the report. */
  roc: z.array(z.tuple([z.number(), z.number()])),
  reliability: z.array(z.object({ predicted: z.number(), observed: z.number(), rows: z.int() })),
  verdict: verdictSchema,
});
export type QualityEvidence = z.infer<typeof qualityEvidenceSchema>;
