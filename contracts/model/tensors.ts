import { z } from 'zod';
import { columnSchema, type DatasetDefinition } from '../data/dataset.ts';

const tensorInputSchema = z
  .strictObject({
    shape: z
      .array(z.int().positive())
      .optional()
      .describe(
        'Sizes of one row, without the axis of rows. Default: those of the model, and 32 where it leaves a size open.',
      ),
    min: z
      .number()
      .optional()
      .describe(
        'Least value; requests with a lesser whole number are refused. Default: 0, of an input with `mask` in its name 1. For requests 0 of an input that chooses from an embedding, else none.',
      ),
    max: z
      .number()
      .optional()
      .describe(
        'Greatest value; requests with a greater whole number are refused. Default: the last row of the embedding that the input chooses from. Without an embedding 1, and none for requests.',
      ),
    maxLength: z
      .int()
      .positive()
      .optional()
      .describe(
        'Greatest size of an axis that the model leaves open, such as the number of tokens; requests beyond it are refused. Default: none.',
      ),
    texts: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('Texts that an input of text is given. Default: a few sentences.'),
  })
  .describe('An input of the model.');
export type TensorInput = z.infer<typeof tensorInputSchema>;

/** `tensors` of a model definition. */
export const tensorsSchema = z.strictObject({
  label: columnSchema
    .pick({ type: true, description: true, missing: true, min: true, max: true, allowed: true })
    .describe('What the model predicts, as feedback says it. Of numbers `min` and `max` are needed.'),
  inputs: z
    .record(z.string(), tensorInputSchema)
    .default({})
    .describe(
      'By input of the model, what it takes: what it is given in the trial and in the staging benchmark, and of whole numbers what requests may hold.',
    ),
});
export type Tensors = z.infer<typeof tensorsSchema>;

/** Name of the target of a model on tensors. */
const target = 'label';

/** What takes the place of a dataset for a model on tensors: its label, and no other column. Its rows are requests. */
export function datasetOfTensors(
  { model, description }: { readonly model: string; readonly description: string },
  { label }: Tensors,
): DatasetDefinition {
  return {
    dataset: model,
    description,
    source: 'requests',
    csv: {},
    licence: '',
    provenance: '',
    key: 'request',
    target,
    timezone: 'UTC',
    missing: [],
    columns: { [target]: { ...label, kind: 'target', nullable: false } },
    sensitive: [],
  };
}
