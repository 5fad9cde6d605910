import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { foldEvidenceSchema } from '../../contracts/evidence/folds.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Run } from '../../contracts/run/run.ts';
import { baselineOf } from '../../ml/tasks/beside-constant.ts';
import { measure } from '../../ml/tasks/metric.ts';
import { hasFaults } from '../../ml/tasks/probability-faults.ts';
import type { Fold } from '../../ports/table-engine/port.ts';
import { saveDocument } from '../support/documents.ts';
import type { Ports } from '../ports.ts';
import { loadPinned, loadSide, predictWith } from '../support/labelled-rows.ts';
import { resumable, trainOn, type Resume } from '../support/train-on.ts';

interface FoldJob {
  run: Run;
  snapshot: SnapshotRef;
  fold: Fold;
}

/** Trains as the candidate is trained, on one fold's rows, and measures on its test rows. Returns the fold's evidence. */
export const createTrainFold = (ports: Ports) =>
  function trainFold(job: FoldJob): Promise<Digest> {
    return resumable((resume) => train(ports, job, resume));
  };

async function train(ports: Ports, { run, snapshot, fold }: FoldJob, resume: Resume): Promise<Digest> {
  const pinned = await loadPinned(ports, run);
  const { task, labelSpace, quality } = pinned;
  const sideOf = (side: 'train' | 'validation' | 'test') => loadSide(ports, pinned, snapshot, side, { fold });
  const [trained, validation, tested] = [await sideOf('train'), await sideOf('validation'), await sideOf('test')];
  const what = `fold ${fold.index + 1} of ${fold.of}`;
  if (tested.frame.rowCount === 0)
    throw new PawlError(errorTypes.invalidData, `${what} has no row to test on: lower quality.folds, or leave it out`);
  const rows = { train: trained, validation, what, remedy: ': lower quality.folds, or take more rows or groups' };
  const { outcome } = await trainOn(ports, pinned, run, rows, resume);
  const model = await ports.store.putBlob(outcome.model);
  const predictions = await predictWith(ports, model, tested.frame, labelSpace, false);
  const baseline = baselineOf(task, quality.primary, {
    trained: trained.outcomes,
    outcomes: tested.outcomes,
    space: labelSpace,
  });
  if (baseline === null) throw new TypeError(`task ${task.name} has no metric ${quality.primary}`);
  return saveDocument(ports.store, foldEvidenceSchema, {
    schema: 'pawl.evidence.fold/1',
    index: fold.index,
    rows: {
      train: trained.frame.rowCount,
      validation: validation.frame.rowCount,
      test: tested.frame.rowCount,
    },
    epochs: outcome.curve.length,
    bestEpoch: outcome.bestEpoch,
    metrics: measure(task.metrics, tested.outcomes, predictions, !hasFaults(task.findFaults(predictions))),
    baseline: { answer: baseline.words, metrics: baseline.metrics },
  });
}
