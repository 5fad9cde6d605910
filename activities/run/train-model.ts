import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Run } from '../../contracts/run/run.ts';
import { shownReasons } from '../../contracts/shown-text.ts';
import type { Ports } from '../ports.ts';
import { loadPinned } from '../support/labelled-rows.ts';
import { saveTrained, trainOnce, type TrainedModel } from '../support/train-once.ts';

/** Trains the candidate, or takes the imported model. */
export const createTrainModel = (ports: Ports) =>
  async function trainModel(input: { run: Run; snapshot: SnapshotRef | null }): Promise<TrainedModel> {
    const { run, snapshot } = input;
    if (run.imported !== null) return takeImported(ports, run, run.imported);
    if (snapshot === null) throw new Error('a run that trains has rows');
    return trainOnce(ports, { run, snapshot });
  };

/** Adapts the imported model to its definition, so that one that cannot be judged or served fails here. Throws `InvalidModelError` with all reasons. */
async function takeImported(ports: Ports, run: Run, model: Digest): Promise<TrainedModel> {
  const { definition, dataset } = await loadPinned(ports, run);
  const taken = await ports.imports.examine(await ports.store.getBlob(model), definition, dataset);
  if (!('bytes' in taken))
    throw new PawlError(
      errorTypes.invalidModel,
      `the imported model does not fit "${run.model}": ${shownReasons(taken.faults)}`,
      { model },
    );
  return saveTrained(ports, run, await ports.store.putBlob(taken.bytes), null, taken.drawn);
}
