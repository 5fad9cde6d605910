import type { Predictions } from '../../contracts/data/frame.ts';
import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { qualityEvidenceSchema, type QualityEvidence, type SeenRows } from '../../contracts/evidence/quality.ts';
import type { Candidate, GateResult, Run } from '../../contracts/run/run.ts';
import { decileEdges } from '../../ml/statistics/decile-edges.ts';
import { pairedBootstrapSteps } from '../../ml/statistics/paired-bootstrap.ts';
import { baselineOf } from '../../ml/tasks/beside-constant.ts';
import { metricsNamed } from '../../ml/tasks/index.ts';
import { sameWithin } from '../../ml/tasks/regression/same-within.ts';
import type { Task } from '../../ml/tasks/task.ts';
import { measure, type Outcomes } from '../../ml/tasks/metric.ts';
import { hasFaults } from '../../ml/tasks/probability-faults.ts';
import { qualityNumbers } from '../../policy/approval-numbers.ts';
import { comparedMetrics, judgeQuality } from '../../policy/gates/quality.ts';
import type { LabelRows } from '../../policy/gates/exchanged-classes.ts';
import { inSlices } from '../support/in-slices.ts';
import { championPredictions } from '../support/champion.ts';
import { measureLatency } from './evaluate/latency.ts';
import { slicesOf } from './evaluate/slices.ts';
import { gateResult } from '../support/gate-result.ts';
import { loadModel } from '../support/load-model.ts';
import type { Ports } from '../ports.ts';
import { loadPinned, loadSide, loadLabels, type Pinned } from '../support/labelled-rows.ts';

/** Measures the candidate on the held-out rows, compares it with the champion on the same rows, and judges by the bounds. */
export const createEvaluateModel = (ports: Ports) =>
  async function evaluateModel(input: { run: Run; candidate: Candidate; snapshot: SnapshotRef }): Promise<GateResult> {
    const { run, candidate, snapshot } = input;
    const pinned = await loadPinned(ports, run);
    const { labelSpace, task, quality } = pinned;
    const { frame, outcomes } = await loadSide(ports, pinned, snapshot, 'test');

    const loaded = await loadModel(ports, candidate.model, run.imported !== null);
    const [predictions, latency] = await (async () => {
      try {
        return [await loaded.predict(frame, labelSpace), await measureLatency(loaded, frame, labelSpace)] as const;
      } finally {
        await loaded.release();
      }
    })();
    const seen = await countSeenRows(ports, run, pinned, snapshot);
    const faults = task.findFaults(predictions);
    const usable = !hasFaults(faults);

    const baseline = usable ? await besideBaseline(ports, { pinned, snapshot, run, outcomes, predictions }) : null;
    const champion = await championPredictions(ports, run, pinned, snapshot, 'test');
    const theirs = champion?.predictions ?? null;
    const differences =
      theirs === null || !usable
        ? []
        : await inSlices(
            pairedBootstrapSteps({
              outcomes,
              candidate: predictions,
              champion: theirs,
              metrics: metricsNamed(task, comparedMetrics(quality)),
              resamples: quality.resamples,
              alpha: quality.alpha,
              seed: run.seed,
            }),
          );
    const metrics = measure(task.metrics, outcomes, predictions, usable);
    const errorCap = task.capOf(outcomes.truth);
    const reference = theirs ?? (usable ? predictions : null);
    const numbers = labelSpace.kind === 'numbers' && reference !== null ? reference.answer : null;
    const verdict = judgeQuality({
      candidate: metrics,
      faults,
      seen: seen ?? (run.imported === null ? null : 'untold'),
      labelRows: run.imported === null ? null : labelRowsOf(outcomes, labelSpace),
      champion: run.champion,
      baseline,
      incomparable: champion?.reason ?? null,
      differences,
      gate: quality,
      folds: quality.folds === undefined ? null : run.imported === null ? 'judged' : 'imported',
    });
    const evidence: QualityEvidence = {
      schema: 'pawl.evidence.quality/1',
      run: run.id,
      model: candidate.model,
      task: task.name,
      champion: run.champion,
      rows: frame.rowCount,
      ...(pinned.definition.weight === undefined ? {} : { weight: pinned.definition.weight }),
      faults,
      errorCap,
      ...comparedLosses(task, { outcomes, predictions: usable ? predictions : null, champion: theirs, errorCap }),
      sameWithin: numbers === null ? 0 : sameWithin(outcomes.truth, numbers),
      predictionEdges: numbers === null ? [] : decileEdges(numbers),
      ...(seen === null ? {} : { seen }),
      incomparable: champion?.reason ?? null,
      candidate: metrics,
      baseline,
      championMetrics: theirs === null ? null : measure(task.metrics, outcomes, theirs),
      differences,
      slices: usable
        ? quality.slices.flatMap((column) => slicesOf(column, frame, task, { outcomes, predictions }))
        : [],
      latency,
      ...(usable ? task.drawings(outcomes, predictions, labelSpace) : { roc: [], reliability: [], confusion: null }),
      verdict,
    };
    return gateResult(ports.store, qualityEvidenceSchema, evidence, qualityNumbers(evidence, quality.primary));
  };

/** What the candidate loses, and by how much that differs from the champion's loss, row by row. */
function comparedLosses(
  task: Task,
  {
    outcomes,
    predictions,
    champion,
    errorCap,
  }: {
    readonly outcomes: Outcomes;
    readonly predictions: Predictions | null;
    readonly champion: Predictions | null;
    readonly errorCap: number;
  },
): Pick<QualityEvidence, 'meanLoss' | 'paired'> {
  if (predictions === null) return { meanLoss: null, paired: null };
  const losses = task.losses(outcomes, predictions, errorCap);
  const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  if (champion === null) return { meanLoss: meanOf(losses), paired: null };
  const before = task.losses(outcomes, champion, errorCap);
  const squaredDifference = meanOf(losses.map((loss, row) => (loss - before[row]!) ** 2));
  return {
    meanLoss: meanOf(losses),
    paired: { squaredDifference, agreement: task.agreement(outcomes, champion, predictions) },
  };
}

interface Judged {
  readonly run: Run;
  readonly pinned: Pinned;
  readonly snapshot: SnapshotRef;
  readonly outcomes: Outcomes;
  readonly predictions: Predictions;
}

/** The candidate beside the constant of the primary metric, by the labels of the training rows. Null where there are none, or no test rows. */
async function besideBaseline(
  ports: Pick<Ports, 'store' | 'tables'>,
  { run, pinned, snapshot, outcomes, predictions }: Judged,
): Promise<QualityEvidence['baseline']> {
  const { task, labelSpace, quality } = pinned;
  const trained = await loadLabels(ports, pinned, snapshot, 'train');
  if (trained.truth.length === 0 || outcomes.truth.length === 0) return null;
  const baseline = baselineOf(task, quality.primary, { trained, outcomes, space: labelSpace });
  if (baseline === null) return null;
  const [gain = null] = await inSlices(
    pairedBootstrapSteps({
      outcomes,
      candidate: predictions,
      champion: baseline.predictions,
      metrics: [baseline.metric],
      resamples: quality.resamples,
      alpha: quality.alpha,
      seed: run.seed,
    }),
  );
  return { answer: baseline.words, metrics: baseline.metrics, gain };
}

/** Null where a run trained the model, and where nobody told what an imported one was trained on. */
async function countSeenRows(
  ports: Pick<Ports, 'store' | 'tables'>,
  run: Run,
  { definition, dataset }: Pinned,
  snapshot: SnapshotRef,
): Promise<SeenRows | null> {
  if (run.trainedOn === undefined) return null;
  return ports.tables.countSeen({
    path: await ports.store.fetchFile(snapshot.data),
    dataset,
    split: { rule: definition.split, side: 'test' },
    seen: await Promise.all(run.trainedOn.map((digest) => ports.store.fetchFile(digest))),
  });
}

/** Rows by label where there are two labels. */
function labelRowsOf({ truth }: Outcomes, { task }: Pinned['labelSpace']): LabelRows | null {
  if (task !== 'binary') return null;
  const positives = truth.reduce((sum, label) => sum + label, 0);
  return { positives, negatives: truth.length - positives };
}
