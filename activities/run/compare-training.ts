import type { Digest } from '../../contracts/digest.ts';
import type { Predictions } from '../../contracts/data/frame.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import { reproductionSchema, type OpenedReproduction, type Reproduction } from '../../contracts/run/reproduction.ts';
import type { Candidate } from '../../contracts/run/run.ts';
import { weightsDifference } from '../../ml/onnx/weights-difference.ts';
import { metricsNamed } from '../../ml/tasks/index.ts';
import { measure } from '../../ml/tasks/metric.ts';
import { greatestDifference } from '../../ml/training/agreement.ts';
import { agreementOf } from '../../policy/agreement.ts';
import type { Ports } from '../ports.ts';
import { loadDocument, saveDocument } from '../support/documents.ts';
import { loadPinned, loadSide, predictWith } from '../support/labelled-rows.ts';
import { versionAsWritten } from '../support/unchanged-document.ts';

type Job = Pick<OpenedReproduction, 'run' | 'version' | 'snapshot'> & {
  candidate: Candidate;
  /** Evidence of the second training. */
  training: Digest;
};

/** Says how far a second training agrees with the version: in bytes, weights, predictions, or only in the metric that decides. */
export const createCompareTraining = (ports: Ports) =>
  async function compareTraining(job: Job): Promise<{ evidence: Digest; reproduction: Reproduction }> {
    const { run, version, snapshot, candidate } = job;
    const { candidate: recorded, lineage } = await versionAsWritten(ports.registry, run.model, version);
    const pinned = await loadPinned(ports, run);
    const { labelSpace, task, quality } = pinned;
    const { frame, outcomes } = await loadSide(ports, pinned, snapshot, 'test');
    const [before, now] = [
      await predictWith(ports, recorded.fp32, frame, labelSpace, false),
      await predictWith(ports, candidate.model, frame, labelSpace, false),
    ];
    const primary = metricsNamed(task, [quality.primary]);
    const valueOf = (predictions: Predictions): number | null =>
      measure(primary, outcomes, predictions)[quality.primary] ?? null;
    const found = {
      isSame: recorded.fp32 === candidate.model,
      weights: weightsDifference(await ports.store.getBlob(recorded.fp32), await ports.store.getBlob(candidate.model)),
      predictions: greatestDifference(now, columnsOf(before), labelSpace),
      metric: { name: quality.primary, recorded: valueOf(before), trained: valueOf(now) },
    };
    const { isSame: _, ...figures } = found;
    const reproduction: Reproduction = {
      schema: 'pawl.reproduction/1',
      model: run.model,
      version,
      agreement: agreementOf(found, quality.margins[quality.primary] ?? 0),
      recorded: recorded.fp32,
      trained: candidate.model,
      ...figures,
      rows: frame.rowCount,
      environment: changed(
        { ...lineage.environment, code: lineage.code },
        { ...(await environmentOf(ports, job.training)), code: run.code },
      ),
    };
    return { evidence: await saveDocument(ports.store, reproductionSchema, reproduction), reproduction };
  };

async function environmentOf(ports: Pick<Ports, 'store'>, evidence: Digest): Promise<Record<string, string>> {
  const { training } = await loadDocument(ports.store, trainingEvidenceSchema, evidence);
  return training?.environment ?? {};
}

/** The values of each row, by column. */
function columnsOf({ answer, scores, width }: Predictions): Float64Array[] {
  if (width === 0) return [answer];
  return Array.from({ length: width }, (_, at) => answer.map((_, row) => scores[row * width + at]!));
}

function changed(
  recorded: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Reproduction['environment'] {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(now)])].toSorted();
  return Object.fromEntries(
    names
      .filter((name) => recorded[name] !== now[name])
      .map((name) => [name, { recorded: recorded[name] ?? null, now: now[name] ?? null }]),
  );
}
