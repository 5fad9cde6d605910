import { z } from 'zod';
import { snapshotRefSchema } from './dataset.ts';
import { digestSchema } from './digest.ts';
import { modelDefinitionSchema } from './model-definition.ts';

const partSchema = z.object({
  /** Name of the Parquet file beside the manifest. */
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
  split: modelDefinitionSchema.shape.split,
  /** Rows without a label, which are in no part. */
  unlabelled: z.int(),
  parts: z.object({ train: partSchema, validation: partSchema, test: partSchema }),
});
export type SplitManifest = z.infer<typeof splitManifestSchema>;
