import { dataEvidenceSchema } from '../contracts/evidence/data.ts';
import { explanationEvidenceSchema } from '../contracts/evidence/explanation.ts';
import { fairnessEvidenceSchema } from '../contracts/evidence/fairness.ts';
import { optimizationEvidenceSchema } from '../contracts/evidence/optimization.ts';
import { qualityEvidenceSchema } from '../contracts/evidence/quality.ts';
import { lookEvidenceSchema } from '../contracts/evidence/release.ts';
import { stagingEvidenceSchema } from '../contracts/evidence/staging.ts';
import { trainingEvidenceSchema } from '../contracts/evidence/training.ts';
import type { SnapshotRef } from '../contracts/dataset.ts';
import type { Digest } from '../contracts/digest.ts';
import type { Stage } from '../contracts/names.ts';
import type { ReleaseResult } from '../contracts/release.ts';
import type { Outcome, Run, RunResult, StageVerdict } from '../contracts/run.ts';
import type { z } from 'zod';
import { loadDocument } from './documents.ts';
import type { Ports } from './ports.ts';
import { renderReport } from './report/render.ts';
import { loadPinned, loadSnapshot } from './rows.ts';
import { tablesOfReport } from './tables-of-report.ts';

export interface Closing {
  run: Run;
  snapshot: SnapshotRef | null;
  training: Digest | null;
  verdicts: StageVerdict[];
  outcome: Outcome;
  version: number | null;
  reason: string;
  release: ReleaseResult | null;
}

/** Writes the report from the evidence and records how the run ended. */
export const createCloseRun = (ports: Ports) =>
  async function closeRun(closing: Closing): Promise<RunResult> {
    const { run, snapshot, verdicts, outcome, version, reason, release } = closing;
    const result: RunResult = { outcome, version, verdicts, reason, report: null };
    const html = await writeReport(ports, closing, result);
    const closed: RunResult = { ...result, report: await ports.store.putBlob(new TextEncoder().encode(html)) };
    await ports.registry.recordRun({
      schema: 'pawl.run/1',
      run,
      snapshot,
      release,
      result: closed,
      endedAt: new Date(ports.now()).toISOString(),
    });
    return closed;
  };

async function writeReport(ports: Ports, closing: Closing, result: RunResult): Promise<string> {
  const { run, snapshot, verdicts, release, training } = closing;
  const ofStage = async <T extends z.ZodType>(stage: Stage, schema: T): Promise<z.output<T> | null> => {
    const verdict = verdicts.find((candidate) => candidate.stage === stage);
    return verdict === undefined ? null : loadDocument(ports.store, schema, verdict.evidence);
  };
  const { definition } = await loadPinned(ports, run);
  const tabled = {
    data: await ofStage('data', dataEvidenceSchema),
    quality: await ofStage('quality', qualityEvidenceSchema),
    fairness: await ofStage('fairness', fairnessEvidenceSchema),
  };
  return renderReport({
    run,
    definition,
    result,
    release,
    snapshot: snapshot === null ? null : await loadSnapshot(ports, snapshot),
    training: training === null ? null : await loadDocument(ports.store, trainingEvidenceSchema, training),
    ...tabled,
    tables: await tablesOfReport(tabled),
    explanation: await ofStage('explain', explanationEvidenceSchema),
    optimization: await ofStage('optimize', optimizationEvidenceSchema),
    staging: await ofStage('staging', stagingEvidenceSchema),
    approval: await ports.registry.approval(run.model, run.id),
    lastLook: release?.evidence ? await loadDocument(ports.store, lookEvidenceSchema, release.evidence) : null,
  });
}
