import { z } from 'zod';
import { digestSchema } from '../digest.ts';
import { positiveDurationSchema } from '../duration.ts';
import { isTimezone } from './moment.ts';

export const columnTypes = ['integer', 'number', 'string', 'boolean', 'timestamp'] as const;

export const columnSchema = z.strictObject({
  type: z.enum(columnTypes),
  /**
   * `numeric` columns are imputed and standardized, `categorical` ones one-hot encoded or embedded; `carried` ones stay with the rows, are
   * checked, and are not features.
   */
  kind: z.enum(['numeric', 'categorical', 'key', 'time', 'target', 'carried']),
  description: z.string().default(''),
  nullable: z.boolean().default(false),
  /** Inclusive range of a numeric column. */
  min: z.number().optional(),
  max: z.number().optional(),
  /** Allowed codes of a categorical column, as text. */
  allowed: z.array(z.string()).optional(),
  /** Texts that mean "missing", such as `NA`; the empty text always does. */
  missing: z.array(z.string()).default([]),
});
export type Column = z.infer<typeof columnSchema>;

/** A sensitive attribute: a column by its codes, or a numeric column in bands `[edge, next edge)`. */
export const sensitiveAttributeSchema = z.strictObject({
  column: z.string(),
  bands: z.array(z.number()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});
export type SensitiveAttribute = z.infer<typeof sensitiveAttributeSchema>;

const namesDay = (format: string): boolean => ['%Y', '%m', '%d'].every((part) => format.split(part).length === 2);

/** How a CSV file is read. What is left out is found in its first lines, and kept with the snapshot. */
export const csvFormatSchema = z.strictObject({
  /** @default the one of `,` `;` tab and `|` that gives the most columns of the definition */
  delimiter: z.string().length(1).optional(),
  /** @default `"` */
  quote: z.string().length(1).optional(),
  /** What comes before a quote within a quoted cell, and before itself, such as the backslash of Spark. @default the quote */
  escape: z.string().length(1).optional(),
  /** Lines that begin with it are left out. @default none */
  comment: z.string().length(1).optional(),
  /** Lines above the header. @default 0 */
  skip: z.int().min(0).optional(),
  /** @default utf-8 */
  encoding: z.enum(['utf-8', 'utf-16', 'latin-1']).optional(),
  /** What numbers have before their fraction; with a comma, points and blanks may be between thousands. @default . */
  decimal: z.enum(['.', ',']).optional(),
  /** How times are written that are not as in ISO 8601, such as `%d.%m.%Y %H:%M`. */
  time: z
    .string()
    .regex(/^(?:%[YmdHMS]|[^%\p{L}\p{N}])+$/u, 'write it of %Y, %m, %d, %H, %M, %S and what is between them')
    .refine(namesDay, 'it must name %Y, %m and %d once each')
    .optional(),
});
export type CsvFormat = z.infer<typeof csvFormatSchema>;

/** `datasets/<name>/dataset.yaml` */
export const datasetDefinitionSchema = z.strictObject({
  dataset: z.string(),
  description: z.string().default(''),
  /**
   * A path beside the file, or a `file:` URL, of a Parquet, CSV or NDJSON file. With `*` in it, as in `day=*\/rows.parquet`, it names
   * partitions, and a run takes the newest one.
   */
  source: z.string(),
  csv: csvFormatSchema.prefault({}),
  /** Under which terms the rows may be used, and where they came from. Without them the data gate warns. */
  licence: z.string().default(''),
  provenance: z.string().default(''),
  key: z.string(),
  time: z.string().optional(),
  target: z.string(),
  /** Zone of times that have no offset. */
  timezone: z
    .string()
    .refine(isTimezone, 'there is no such time zone: write one such as UTC or Europe/Berlin')
    .default('UTC'),
  /** Texts that mean "missing" in every column, such as `NA`. */
  missing: z.array(z.string()).default([]),
  columns: z.record(z.string(), columnSchema),
  sensitive: z.array(sensitiveAttributeSchema).default([]),
});
export type DatasetDefinition = z.infer<typeof datasetDefinitionSchema>;

/** Which rows of a dataset a run takes. */
export const dataSelectionSchema = z.strictObject({
  /** Overrides the dataset's own source; a run replaces partitions by the newest one. */
  source: z.string().optional(),
  /** Inclusive bounds on the time column. */
  from: z.union([z.number(), z.string()]).optional(),
  to: z.union([z.number(), z.string()]).optional(),
  /** Rows whose time lies within this long before the run was due; the run replaces it by `from` and `to`. */
  last: positiveDurationSchema.optional(),
  /** The first so many rows in the order of the key's hash. */
  limit: z.int().positive().optional(),
});
export type DataSelection = z.infer<typeof dataSelectionSchema>;

/** The manifest of an immutable, content-addressed Parquet copy of rows. */
export const snapshotSchema = z.object({
  schema: z.literal('pawl.snapshot/1'),
  dataset: z.string(),
  source: z.string(),
  selection: dataSelectionSchema,
  /** How a CSV source was read; null for other files. */
  csv: csvFormatSchema
    .required()
    .extend({ escape: z.string(), comment: z.string().nullable(), time: z.string().nullable() })
    .nullable(),
  /** Lines that lie within quoted cells, so that they are not rows. */
  linesInCells: z.int(),
  /** Rows that the bounds leave out because they have no time. */
  timeless: z.int(),
  /** Digest of the Parquet bytes. */
  data: digestSchema,
  bytes: z.int(),
  /** Digest of the rows themselves, independent of the Parquet writer. */
  rows: digestSchema,
  rowCount: z.int(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  timeRange: z.object({ from: z.string(), to: z.string() }).nullable(),
  provenance: z.string(),
  licence: z.string(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

/** What travels in workflow payloads. */
export const snapshotRefSchema = z.object({
  /** Digest of the manifest. */
  manifest: digestSchema,
  data: digestSchema,
  rowCount: z.int(),
});
export type SnapshotRef = z.infer<typeof snapshotRefSchema>;
