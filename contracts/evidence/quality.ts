import { z } from 'zod';
import { metricNames } from '../model/tasks/metric-names.ts';
import { taskNames } from '../model/tasks/names.ts';
import { verdictSchema } from '../verdict.ts';

export const metricValuesSchema = z.partialRecord(z.enum(metricNames), z.number().nullable());
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
export const seenRowsSchema = z.object({
  rows: z.int(),
  seen: z.int(),
  keys: z.array(z.string()),
  /** Rows that the model was trained on. */
  trained: z.int(),
  /** Of these, rows with the key (and time) of a row of the snapshot. */
  known: z.int(),
  /** Of the known ones, rows with another label than the snapshot's. */
  relabelled: z.int(),
});
export type SeenRows = z.infer<typeof seenRowsSchema>;

export const qualityEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.quality/1'),
  run: z.string(),
  model: z.string(),
  task: z.enum(taskNames),
  champion: z.int().nullable(),
  rows: z.int(),
  /** Column that says how much each row counts in what follows, fairness and losses of rows apart; left out where each counts once. */
  weight: z.string().optional(),
  /** What is wrong with the candidate's predictions. */
  faults: z.object({
    /** What they are: probabilities of classes, or numbers. */
    kind: z.enum(['classes', 'numbers']),
    rows: z.int(),
    /** Rows with a value that is NaN or infinite, and others with a probability outside [0, 1]. */
    notFinite: z.int(),
    outside: z.int(),
    /** Other rows, whose probabilities of several labels do not add up to 1; left out of other tasks. */
    uneven: z.int().optional(),
    /** The first row with one. */
    first: z.object({ row: z.int(), value: z.string() }).nullable(),
    /** Share of what `agreementOf` says, in [0, 1]: whether labels and probabilities agree. Null where that cannot be said. */
    labelAgreement: z.number().nullable(),
    agreementOf: z.string(),
  }),
  /** What errors of numbers are bounded by where one row must not decide, in the target's unit; 1 where labels are classes. */
  errorCap: z.number(),
  /** Mean loss of the candidate, in [0, 1]: the share of wrong labels, or the mean bounded error by `errorCap`. Null where its predictions are faulty. */
  meanLoss: z.number().nullable(),
  /** Of the candidate and the champion, row by row; null where the champion could not be asked. */
  paired: z
    .object({
      /** Mean square of the difference of both losses: of labels the share of rows on which just one is right. */
      squaredDifference: z.number(),
      /** Share of the rows to which both say the same, as far as it matters. */
      agreement: z.number(),
    })
    .nullable(),
  /** Of numbers: two answers are the same as far as it matters where they differ by at most this, in the target's unit; 0 where labels are classes. */
  sameWithin: z.number(),
  /**
   * Of numbers: ascending edges between ten ranges that the champion predicts equally often on the test rows (the candidate, where the champion
   * could not be asked). A release judges the mix of predictions by them. Empty where labels are classes.
   */
  predictionEdges: z.array(z.number()),
  /** Of an imported model whose training rows were told. */
  seen: seenRowsSchema.optional(),
  /** Why the champion could not be asked; null where it was, and where there is none. */
  incomparable: z.string().nullable(),
  candidate: metricValuesSchema,
  /** What the same answer to every row gets, and the candidate's gain over it by the primary metric; null where nothing can be learned. */
  baseline: z.object({ answer: z.string(), metrics: metricValuesSchema, gain: differenceSchema.nullable() }).nullable(),
  championMetrics: metricValuesSchema.nullable(),
  differences: z.array(differenceSchema),
  slices: z.array(
    z.object({
      column: z.string(),
      value: z.string(),
      rows: z.int(),
      /** Of two metrics of the task; slices are ordered by the first. */
      metrics: metricValuesSchema,
    }),
  ),
  /** Microseconds per row in one batch, and milliseconds for a single row. */
  latency: z.object({ rowMicros: z.number(), singleMs: z.number() }),
  /** Points of the ROC curve and of the reliability diagram, for the report. */
  roc: z.array(z.tuple([z.number(), z.number()])),
  reliability: z.array(z.object({ predicted: z.number(), observed: z.number(), rows: z.int() })),
  /** Rows by true label (first index) and answer; null unless there are several classes. */
  confusion: z.object({ labels: z.array(z.string()), rows: z.array(z.array(z.int())) }).nullable(),
  verdict: verdictSchema,
});
export type QualityEvidence = z.infer<typeof qualityEvidenceSchema>;
