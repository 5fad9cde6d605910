import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { z } from 'zod';
import { digestSchema, type Digest } from '../../contracts/digest.ts';
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
import { checkpointsOf } from '../support/checkpoints.ts';
import { describeJob, type Job } from '../support/job.ts';
import { onceFor } from '../support/reuse.ts';
import { trainOn } from '../support/train-on.ts';

const testedFoldSchema = z.object({ evidence: digestSchema });

interface FoldJob {
  run: Run;
  snapshot: SnapshotRef;
  fold: Fold;
}

/** Trains as the candidate is trained, on one fold's rows, and measures on its test rows. Returns the fold's evidence. */
export const createTrainFold = (ports: Ports) =>
  async function trainFold({ run, snapshot, fold }: FoldJob): Promise<Digest> {
    const provider = await ports.trainer.provider();
    const job = await describeJob(ports, run, 'folds', { rows: snapshot.data, fold: { ...fold }, provider });
    const { evidence } = await onceFor(ports.store, job, testedFoldSchema, async () => ({
      evidence: await train(ports, { run, snapshot, fold }, job),
    }));
    return evidence;
  };

async function train(ports: Ports, { run, snapshot, fold }: FoldJob, job: Job): Promise<Digest> {
  const pinned = await loadPinned(ports, run);
  const { task, labelSpace, quality } = pinned;
  const sideOf = (side: 'train' | 'validation' | 'test') =>
    loadSide(ports, pinned, snapshot, side, { fold, forTraining: true });
  const [trained, validation, tested] = [await sideOf('train'), await sideOf('validation'), await sideOf('test')];
  const what = `fold ${fold.index + 1} of ${fold.of}`;
  if (tested.frame.rowCount === 0)
    throw new PawlError(errorTypes.invalidData, `${what} has no row to test on: lower quality.folds, or leave it out`);
  const rows = { train: trained, validation, what, remedy: ': lower quality.folds, or take more rows or groups' };
  const { outcome } = await trainOn(ports, pinned, run, rows, checkpointsOf(ports.store, job));
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
    run: run.id,
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
