import type { SnapshotRef } from '../contracts/dataset.ts';
import { qualityEvidenceSchema, type QualityEvidence } from '../contracts/evidence/quality.ts';
import type { Frame, Predictions } from '../contracts/frame.ts';
import type { Candidate, GateResult, Run } from '../contracts/run.ts';
import { rankScores, aucOf } from '../ml/metrics/auc.ts';
import { computeMetrics } from '../ml/metrics/binary.ts';
import { reliabilityBins, rocPoints } from '../ml/metrics/curves.ts';
import { pairedBootstrapSteps } from '../ml/statistics/paired-bootstrap.ts';
import { comparedMetrics, judgeQuality } from '../policy/judge-quality.ts';
import type { LoadedModel } from '../ports/inference/port.ts';
import { breathe } from './breathe.ts';
import { gateResult } from './gate-result.ts';
import type { Ports } from './ports.ts';
import { championModel, loadPinned, loadSide, predictWith } from './rows.ts';

const mostSliceValues = 30;
const leastSliceRows = 20;

/** Measures the candidate on the held-out rows, compares it with the champion on the same rows, and judges by the bounds. */
export const createEvaluateModel = (ports: Ports) =>
  async function evaluateModel(input: { run: Run; candidate: Candidate; snapshot: SnapshotRef }): Promise<GateResult> {
    const { run, candidate, snapshot } = input;
    const pinned = await loadPinned(ports, run);
    const { definition } = pinned;
    const { frame, labels } = await loadSide(ports, pinned, snapshot, 'test');

    const loaded = await ports.inference.load(await ports.store.getBlob(candidate.model));
    let predictions: Predictions;
    let latency: QualityEvidence['latency'];
    try {
      predictions = await loaded.predict(frame, definition.positive);
      latency = await measureLatency(loaded, frame, definition.positive);
    } finally {
      await loaded.release();
    }

    const champion = await championModel(ports, run);
    const theirs = champion === null ? null : await predictWith(ports, champion, frame, definition.positive);
    const differences =
      theirs === null
        ? []
        : await breathe(
            pairedBootstrapSteps({
              labels,
              candidate: predictions,
              champion: theirs,
              metrics: comparedMetrics(definition.quality),
              resamples: definition.quality.resamples,
              alpha: definition.quality.alpha,
              seed: run.seed,
            }),
          );
    const metrics = computeMetrics(labels, predictions);
    const verdict = judgeQuality({
      candidate: metrics,
      champion: run.champion,
      differences,
      gate: definition.quality,
    });
    return gateResult(ports.store, qualityEvidenceSchema, {
      schema: 'pawl.evidence.quality/1',
      run: run.id,
      model: candidate.model,
      champion: run.champion,
      rows: frame.rowCount,
      candidate: metrics,
      championMetrics: theirs === null ? null : computeMetrics(labels, theirs),
      differences,
      slices: definition.quality.slices.flatMap((column) => slicesOf(column, frame, labels, predictions)),
      latency,
      roc: rocPoints(labels, predictions.probability),
      reliability: reliabilityBins(labels, predictions.probability),
      verdict,
    });
  };

/** Median of repeated passes: over a batch of up to 1,024 rows, and over one row. */
async function measureLatency(
  model: LoadedModel,
  frame: Frame,
  positive: string | number | boolean,
): Promise<QualityEvidence['latency']> {
  const timed = async (rows: Frame): Promise<number> => {
    const times: number[] = [];
    for (let pass = 0; pass < 15; pass += 1) {
      const before = performance.now();
      await model.predict(rows, positive);
      times.push(performance.now() - before);
    }
    return times.toSorted((a, b) => a - b)[7] ?? 0;
  };
  const batch = firstRows(frame, 1024);
  return {
    rowMicros: batch.rowCount === 0 ? 0 : (1000 * (await timed(batch))) / batch.rowCount,
    singleMs: await timed(firstRows(frame, 1)),
  };
}

function firstRows(frame: Frame, count: number): Frame {
  const rowCount = Math.min(count, frame.rowCount);
  const columns = Object.entries(frame.columns).map(([name, column]) =>
    column.type === 'number'
      ? [name, { type: column.type, values: column.values.slice(0, rowCount) }]
      : [name, { type: column.type, values: column.values.slice(0, rowCount) }],
  );
  return { rowCount, columns: Object.fromEntries(columns) };
}

/** Quality by value of a column, most frequent values first; very small slices say nothing and are left out. */
function slicesOf(
  column: string,
  frame: Frame,
  labels: Uint8Array,
  predictions: Predictions,
): QualityEvidence['slices'] {
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < frame.rowCount; row += 1) {
    const value = String(frame.columns[column]?.values[row] ?? '');
    const rows = rowsOf.get(value);
    if (rows === undefined) rowsOf.set(value, [row]);
    else rows.push(row);
  }
  return [...rowsOf]
    .filter(([, rows]) => rows.length >= leastSliceRows)
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, mostSliceValues)
    .map(([value, rows]) => {
      const sliceLabels = Uint8Array.from(rows, (row) => labels[row] ?? 0);
      const right = rows.filter((row) => labels[row] === predictions.positive[row]).length;
      const scores = Float64Array.from(rows, (row) => predictions.probability[row] ?? 0);
      return {
        column,
        value,
        rows: rows.length,
        accuracy: right / rows.length,
        auc: aucOf(sliceLabels, rankScores(scores)),
      };
    });
}
