import { z } from 'zod';
import { verdictSchema } from '../verdict.ts';

const binCountsSchema = z.object({
  bins: z.array(z.string()),
  reference: z.array(z.int()),
  current: z.array(z.int()),
  /** Independent rows that the current ones are worth, where keys come again; all of them where it is absent. */
  effective: z.number().optional(),
});
export type BinCounts = z.infer<typeof binCountsSchema>;

/** Counts of one column over reference and snapshot, in the same bins. */
export const columnDriftSchema = binCountsSchema.extend({
  column: z.string(),
  /** Half of the rows by where their rare codes moved; absent where the column has few of them. */
  rare: binCountsSchema.optional(),
});
export type ColumnDrift = z.infer<typeof columnDriftSchema>;

export const columnProfileSchema = z.object({
  column: z.string(),
  /** Type in the file, in DuckDB's words; null where the column is missing. */
  foundType: z.string().nullable(),
  rows: z.int(),
  nulls: z.int(),
  distinct: z.int(),
  /** Values that cannot be read as the declared type, and up to five examples. */
  wrongType: z.int(),
  outOfRange: z.int(),
  notAllowed: z.int(),
  examples: z.array(z.string()),
  min: z.number().nullable(),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  deviation: z.number().nullable(),
  /** Numbers that would decide alone what a model learns; null without any. */
  extremes: z
    .object({
      rows: z.int(),
      /** Rows with a number. */
      of: z.int(),
      /** Up to five of them, the furthest from the median first. */
      values: z.array(z.number()),
      median: z.number(),
    })
    .nullable(),
  /** Different numbers and how many float32 leaves, where it is too coarse for most of them, and what these lie between; else null. */
  lostDigits: z.object({ distinct: z.int(), left: z.int(), from: z.number(), to: z.number() }).nullable(),
  /** Up to 20 most frequent values. */
  top: z.array(z.object({ value: z.string(), rows: z.int() })),
});
export type ColumnProfile = z.infer<typeof columnProfileSchema>;

/** Levels of `labelQuantiles`. */
export const labelLevels = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;

/** Facts about a snapshot, before anyone judges them. */
export const dataProfileSchema = z.object({
  rows: z.int(),
  duplicateKeys: z.int(),
  unexpectedColumns: z.array(z.string()),
  columns: z.array(columnProfileSchema),
  /** Rows by label: each class of the task, then the most frequent of what is not a label of it. Numbers are not listed. */
  labels: z.array(z.object({ value: z.string(), rows: z.int() })),
  /** Rows with a label that is not listed, because others that are not of the task are more frequent. */
  unlistedLabels: z.int(),
  /** Of numbers: the quantiles of the labels at `labelLevels`; null of classes, and without a label. */
  labelQuantiles: z.array(z.number()).nullable(),
  drift: z.array(columnDriftSchema),
});
export type DataProfile = z.infer<typeof dataProfileSchema>;

export const driftResultSchema = z.object({
  column: z.string(),
  psi: z.number(),
  /** Lower confidence bound of the debiased PSI. */
  lower: z.number(),
  /** p-value for "PSI at most the floor", and after Benjamini-Hochberg. */
  pValue: z.number(),
  adjusted: z.number(),
});
export type DriftResult = z.infer<typeof driftResultSchema>;

export const dataEvidenceSchema = z.object({
  schema: z.literal('pawl.evidence.data/1'),
  run: z.string(),
  snapshot: z.string(),
  previousRows: z.int().nullable(),
  profile: dataProfileSchema,
  drift: z.array(driftResultSchema),
  verdict: verdictSchema,
});
export type DataEvidence = z.infer<typeof dataEvidenceSchema>;
