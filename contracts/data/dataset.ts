import { z } from 'zod';
import { digestSchema } from '../digest.ts';
import { positiveDurationSchema } from '../duration.ts';
import { nonBlank } from '../text.ts';
import { isTimezone } from './moment.ts';

export const columnTypes = ['integer', 'number', 'string', 'boolean', 'timestamp'] as const;

const missingTexts = z.array(z.string()).default([]);

export const columnSchema = z.strictObject({
  type: z.enum(columnTypes).describe('Type of its values.'),
  kind: z
    .enum(['numeric', 'categorical', 'key', 'time', 'target', 'carried'])
    .describe(
      'What it is for: `numeric` columns are imputed and standardized, `categorical` ones one-hot encoded or embedded; `carried` ones stay with the rows, are checked, and are not features.',
    ),
  description: z.string().default('').describe('What its values mean.'),
  nullable: z.boolean().default(false).describe('Whether a value may be missing.'),
  min: z.number().optional().describe('Least value of a numeric column.'),
  max: z.number().optional().describe('Greatest value of a numeric column.'),
  allowed: z.array(z.string()).optional().describe('Allowed codes of a categorical column, as text.'),
  missing: missingTexts.describe('Texts that mean "missing", such as `NA`; the empty text always does.'),
});
export type Column = z.infer<typeof columnSchema>;

/** A sensitive attribute: a column by its codes, or a numeric column in bands `[edge, next edge)`. */
export const sensitiveAttributeSchema = z.strictObject({
  column: nonBlank.describe('Name of the column.'),
  bands: z
    .array(z.number())
    .optional()
    .describe(
      'Edges that part a numeric column into bands: from an edge to below the next. Without them each code is a group.',
    ),
  labels: z.record(z.string(), z.string()).optional().describe('By code, the name of its group.'),
});
export type SensitiveAttribute = z.infer<typeof sensitiveAttributeSchema>;

const namesDay = (format: string): boolean => ['%Y', '%m', '%d'].every((part) => format.split(part).length === 2);

/** How a CSV file is read. What is left out is found in its first lines, and kept with the snapshot. */
export const csvFormatSchema = z.strictObject({
  delimiter: z
    .string()
    .length(1)
    .optional()
    .describe(
      'What is between two cells. Default: the one of `,` `;` tab and `|` that gives the most columns of the definition.',
    ),
  quote: z.string().length(1).optional().describe('What encloses a cell. Default: `"`.'),
  escape: z
    .string()
    .length(1)
    .optional()
    .describe(
      'What precedes a quote within a quoted cell, and itself, such as the backslash of Spark. Default: the quote.',
    ),
  comment: z.string().length(1).optional().describe('Lines that begin with it are left out. Default: none.'),
  skip: z.int().min(0).optional().meta({ unit: 'lines' }).describe('Lines above the header. Default: 0.'),
  encoding: z.enum(['utf-8', 'utf-16', 'latin-1']).optional().describe('Encoding of the text. Default: utf-8.'),
  decimal: z
    .enum(['.', ','])
    .optional()
    .describe(
      'What numbers have before their fraction; with a comma, points and blanks may be between thousands. Default: a point.',
    ),
  time: z
    .string()
    .regex(/^(?:%[YmdHMS]|[^%\p{L}\p{N}])+$/u, 'write it of %Y, %m, %d, %H, %M, %S and what is between them')
    .refine(namesDay, 'it must name %Y, %m and %d once each')
    .optional()
    .describe('How times are written that are not as in ISO 8601, such as `%d.%m.%Y %H:%M`.'),
});
export type CsvFormat = z.infer<typeof csvFormatSchema>;

/** `datasets/<name>/dataset.yaml` */
export const datasetDefinitionSchema = z.strictObject({
  dataset: nonBlank.describe('Name of the dataset, and of its folder.'),
  description: z.string().default('').describe('What the rows are.'),
  source: nonBlank.describe(
    'A path beside the file, or a `file:` URL, of a Parquet, CSV or NDJSON file. With `*` in it, as in `day=*/rows.parquet`, it names partitions, and a run takes the newest one.',
  ),
  csv: csvFormatSchema
    .prefault({})
    .describe('How a CSV file is read. What is left out is found in its first lines, and kept with the snapshot.'),
  licence: z.string().default('').describe('Terms under which the rows may be used. Without them the data gate warns.'),
  provenance: z.string().default('').describe('Where the rows come from. Without it the data gate warns.'),
  key: nonBlank.describe('Name of the column that tells one row from another.'),
  time: nonBlank
    .optional()
    .describe('Name of the column with the time of a row. Without it no run can choose rows by time.'),
  target: nonBlank.describe('Name of the column with the label.'),
  timezone: z
    .string()
    .refine(isTimezone, 'there is no such time zone: write one such as UTC or Europe/Berlin')
    .default('UTC')
    .describe('Zone of times that have no offset.'),
  missing: missingTexts.describe('Texts that mean "missing" in every column, such as `NA`.'),
  columns: z.record(z.string(), columnSchema).describe('By name, the columns of the file. Others are left out.'),
  sensitive: z
    .array(sensitiveAttributeSchema)
    .default([])
    .describe('Sensitive attributes of the fairness audit: columns by their codes, or numeric columns in bands.'),
});
export type DatasetDefinition = z.infer<typeof datasetDefinitionSchema>;

/** Which rows of a dataset a run takes. */
export const dataSelectionSchema = z.strictObject({
  source: z
    .string()
    .optional()
    .describe("Instead of the dataset's own source; a run replaces partitions by the newest one."),
  from: z.union([z.number(), z.string()]).optional().describe('Earliest time of a row, inclusive.'),
  to: z.union([z.number(), z.string()]).optional().describe('Latest time of a row, inclusive.'),
  last: positiveDurationSchema
    .optional()
    .describe('Rows whose time lies within this long before the run was due; the run replaces it by `from` and `to`.'),
  limit: z
    .int()
    .positive()
    .optional()
    .meta({ unit: 'rows' })
    .describe("Most rows: the first ones in the order of the key's hash."),
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
