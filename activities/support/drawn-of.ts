import type { Digest } from '../../contracts/digest.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import type { Ports } from '../ports.ts';
import { loadDocument } from './documents.ts';

/** What the inputs of a model on tensors are given where no caller is there yet, as its import found it. */
export async function drawnOf({ store }: Pick<Ports, 'store'>, training: Digest): Promise<readonly DrawnInput[]> {
  const { drawn } = await loadDocument(store, trainingEvidenceSchema, training);
  if (drawn === undefined) throw new Error('the import left no word of what its inputs take');
  return drawn;
}
