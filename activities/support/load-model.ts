import type { Digest } from '../../contracts/digest.ts';
import type { LoadedModel, ModelLimits } from '../../ports/inference/port.ts';
import type { Ports } from '../ports.ts';

/** What a model may take that Pawl did not train: a pass of a judging stage has some thousand rows. */
const foreignLimits: ModelLimits = {
  loadMs: 120_000,
  passMs: 60_000,
  memoryBytes: 8 * 1024 ** 3,
  answer: { bytes: 64 * 1024 ** 2, texts: 100_000 },
};

type Needed = Pick<Ports, 'store' | 'inference'>;

/**
 * Loads a model from the store: in this process where Pawl trained it, else in a process of its own that is ended at its limits, and at
 * once where the activity is cancelled. A model from elsewhere may never come back from a pass.
 */
export async function loadModel({ store, inference }: Needed, model: Digest, isForeign: boolean): Promise<LoadedModel> {
  return isForeign
    ? inference.loadConfined(await store.fetchFile(model), foreignLimits)
    : inference.load(await store.getBlob(model));
}
