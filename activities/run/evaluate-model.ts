import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { qualityEvidenceSchema, type QualityEvidence, type SeenRows } from '../../contracts/evidence/quality.ts';
import type { Candidate, GateResult, Run } from '../../contracts/run/run.ts';
import { computeMetrics, labelMetrics } from '../../ml/metrics/binary.ts';
import { reliabilityBins, rocPoints } from '../../ml/metrics/curves.ts';
import { findFaults, hasFaults } from '../../ml/metrics/faults.ts';
import { pairedBootstrapSteps } from '../../ml/statistics/paired-bootstrap.ts';
import { qualityNumbers } from '../../policy/approval-numbers.ts';
import { comparedMetrics, judgeQuality } from '../../policy/gates/quality.ts';
import { inSlices } from '../support/in-slices.ts';
import { championPredictions } from '../support/champion.ts';
import { measureLatency } from './evaluate/latency.ts';
import { slicesOf } from './evaluate/slices.ts';
import { gateResult } from '../support/gate-result.ts';
import { loadModel } from '../support/load-model.ts';
import type { Ports } from '../ports.ts';
import { loadPinned, loadSide, type Pinned } from '../support/labelled-rows.ts';

/** Measures the candidate on the held-out rows, compares it with the champion on the same rows, and judges by the bounds. */
export const createEvaluateModel = (ports: Ports) =>
  async function evaluateModel(input: { run: Run; candidate: Candidate; snapshot: SnapshotRef }): Promise<GateResult> {
    const { run, candidate, snapshot } = input;
    const pinned = await loadPinned(ports, run);
    const { definition, classes } = pinned;
    const { frame, labels } = await loadSide(ports, pinned, snapshot, 'test');

    const loaded = await loadModel(ports, candidate.model, run.imported !== null);
    const [predictions, latency] = await (async () => {
      try {
        return [await loaded.predict(frame, classes), await measureLatency(loaded, frame, classes)] as const;
      } finally {
        await loaded.release();
      }
    })();
    const seen = await countSeenRows(ports, run, pinned, snapshot);
    const faults = findFaults(predictions);
    const usable = !hasFaults(faults);

    const champion = await championPredictions(ports, run, pinned, snapshot, 'test');
    const theirs = champion?.predictions ?? null;
    const differences =
      theirs === null || !usable
        ? []
        : await inSlices(
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
    const metrics = usable ? computeMetrics(labels, predictions) : labelMetrics(labels, predictions);
    const verdict = judgeQuality({
      candidate: metrics,
      faults,
      seen: seen ?? (run.imported === null ? null : 'untold'),
      champion: run.champion,
      incomparable: champion?.reason ?? null,
      differences,
      gate: definition.quality,
    });
    const evidence: QualityEvidence = {
      schema: 'pawl.evidence.quality/1',
      run: run.id,
      model: candidate.model,
      champion: run.champion,
      rows: frame.rowCount,
      faults,
      ...(seen === null ? {} : { seen }),
      incomparable: champion?.reason ?? null,
      candidate: metrics,
      championMetrics: theirs === null ? null : computeMetrics(labels, theirs),
      differences,
      slices: usable ? definition.quality.slices.flatMap((column) => slicesOf(column, frame, labels, predictions)) : [],
      latency,
      roc: usable ? rocPoints(labels, predictions.probability) : [],
      reliability: usable ? reliabilityBins(labels, predictions.probability) : [],
      verdict,
    };
    return gateResult(
      ports.store,
      qualityEvidenceSchema,
      evidence,
      qualityNumbers(evidence, definition.quality.primary),
    );
  };

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
