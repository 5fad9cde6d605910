import { z } from 'zod';
import { columnTypes, snapshotRefSchema } from './dataset.ts';
import { digestSchema } from '../digest.ts';
import { modelDefinitionSchema } from '../model/model-definition.ts';
import { taskNames } from '../model/tasks/names.ts';

const labelSchema = z.union([z.string(), z.number(), z.boolean()]);

const partSchema = z.object({
  /** Name of the file beside the manifest. */
  file: z.string(),
  rows: z.int(),
  /** Of the file's bytes, under which the store holds it. */
  digest: digestSchema,
});

/** `manifest.json` of `pawl split`: the parts of a model's dataset, as a run with the same rows splits them. */
export const splitManifestSchema = z.object({
  schema: z.literal('pawl.split/1'),
  model: z.string(),
  dataset: z.string(),
  snapshot: snapshotRefSchema,
  /** File that was read: of partitions the newest. */
  source: z.string(),
  split: modelDefinitionSchema.shape.split,
  /** Types of the declared columns: what a reader of CSV must not guess (`02134` of type string keeps its zero). */
  columns: z.record(z.string(), z.enum(columnTypes)),
  /** Columns of the file that the dataset does not declare: they are in no part. */
  undeclared: z.array(z.string()),
  task: z.enum(taskNames),
  /** The labels that are classes, as the target holds them: of a binary task negative and positive; none where labels are numbers. */
  labels: z.array(labelSchema),
  /** Rows without a label, which are in no part. */
  unlabelled: z.int(),
  parts: z.object({ train: partSchema, validation: partSchema, test: partSchema }),
});
export type SplitManifest = z.infer<typeof splitManifestSchema>;
