import type { SnapshotRef } from '../../../contracts/data/dataset.ts';
import { PawlError } from '../../../contracts/errors.ts';
import { errorTypes } from '../../../contracts/names.ts';
import type { Run } from '../../../contracts/run/run.ts';
import type { TrialOutcome, TrialStep } from '../../../contracts/run/trial.ts';
import { meanOfRows } from '../../../ml/tasks/mean-of-rows.ts';
import type { Ports } from '../../ports.ts';
import { loadPinned, loadSide, predictWith } from '../../support/labelled-rows.ts';
import { trainOnce, trainUpTo } from '../../support/train-once.ts';

/**
 * Trains by the settings of one trial up to some steps, from where it came to before, or to its end. Its loss is that of the validation rows: the test rows
 * are not looked at. Settings that give no model, or no finite loss, are a fact about the trial.
 */
export const createTrainTrial = (ports: Ports) =>
  async function trainTrial(input: { run: Run; snapshot: SnapshotRef; step: TrialStep }): Promise<TrialOutcome> {
    const { snapshot, step } = input;
    const { index } = step;
    const run = { ...input.run, definition: step.definition };
    try {
      const look = step.steps === null ? null : await trainUpTo(ports, { run, snapshot }, step.steps);
      if (look !== null) return Number.isFinite(look.loss) ? { index, look } : noLoss(index);
      const loss = await lossOf(ports, run, snapshot);
      return loss !== null && Number.isFinite(loss) ? { index, loss } : noLoss(index);
    } catch (error) {
      if (error instanceof PawlError && error.type === errorTypes.invalidData)
        return { index, unusable: error.message };
      throw error;
    }
  };

const noLoss = (index: number): TrialOutcome => ({ index, unusable: 'its validation loss is not a finite number' });

/** The mean validation loss of the model that the whole training gives. */
async function lossOf(ports: Ports, run: Run, snapshot: SnapshotRef): Promise<number | null> {
  const { candidate } = await trainOnce(ports, { run, snapshot });
  const pinned = await loadPinned(ports, run);
  const { frame, outcomes } = await loadSide(ports, pinned, snapshot, 'validation', { forTraining: true });
  const predictions = await predictWith(ports, candidate.model, frame, pinned.labelSpace, false);
  const { losses, weights } = pinned.task.learnedLosses(outcomes, predictions);
  return meanOfRows(losses)(weights ?? undefined);
}
