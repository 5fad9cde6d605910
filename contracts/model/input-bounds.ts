import { trainingEvidenceSchema } from '../evidence/training.ts';
import type { TensorInput, Tensors } from './tensors.ts';

/** What requests may hold of an input: whole numbers, and sizes that the model leaves open. */
export type InputLimits = Pick<TensorInput, 'min' | 'max' | 'maxLength'>;

/** By input, the whole numbers that an embedding has rows for. */
export type InputBounds = Readonly<Record<string, { readonly min: number; readonly max: number }>>;

/** Of the document that an import of a model on tensors leaves; empty of another one. */
export function inputBoundsOf(evidence: unknown): InputBounds {
  const found = trainingEvidenceSchema.safeParse(evidence);
  const drawn = found.success ? (found.data.drawn ?? []) : [];
  return Object.fromEntries(
    drawn.flatMap(({ name, rows }) => (rows === undefined ? [] : [[name, { min: 0, max: rows - 1 }]])),
  );
}

/** The limits of each input: as declared, and where nothing is, as its embedding says. */
export const declaredOr = (bounds: InputBounds, { inputs }: Pick<Tensors, 'inputs'>): Record<string, InputLimits> =>
  Object.fromEntries(
    [...new Set([...Object.keys(bounds), ...Object.keys(inputs)])].map((name) => {
      const { min, max, maxLength } = inputs[name] ?? {};
      const found = bounds[name];
      return [name, { min: min ?? found?.min, max: max ?? found?.max, maxLength }];
    }),
  );
