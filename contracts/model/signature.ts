import { z } from 'zod';
import { nonBlank } from '../text.ts';

/** Inputs and outputs of a model from elsewhere, in its own names, where `pawl import` cannot or must not guess them. */
export const signatureSchema = z.strictObject({
  inputs: z
    .array(
      z.strictObject({
        name: nonBlank.describe('Input of the model.'),
        columns: z.array(z.string()).min(1).describe('Features that it takes, in its order.'),
      }),
    )
    .min(1)
    .optional()
    .describe('Features by input of the model. Default: by name, or all features in their order in the one input.'),
  outputs: z
    .strictObject({
      label: nonBlank.optional().describe('Output that holds the label. Default: by name, or none.'),
      probabilities: nonBlank
        .optional()
        .describe('Output that holds the probabilities: one for each class, or that of the positive label alone.'),
      logits: nonBlank
        .optional()
        .describe('Output that holds logits instead: Pawl adds the softmax, or the sigmoid of a single logit.'),
      value: nonBlank
        .optional()
        .describe(
          'Output that holds the number of a regression, the score of a ranking, or the quantiles, a column a level.',
        ),
      classes: z
        .array(z.union([z.string(), z.number(), z.boolean()]))
        .min(2)
        .optional()
        .describe(
          "Labels of the target in the model's order. Default: the classes that the model names, or the definition's order.",
        ),
    })
    .optional()
    .describe('Outputs of the model by what they hold. Default: by their names and shapes.'),
});
export type ModelSignature = z.infer<typeof signatureSchema>;
