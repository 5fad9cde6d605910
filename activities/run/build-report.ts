import { dataEvidenceSchema } from '../../contracts/evidence/data.ts';
import { explanationEvidenceSchema } from '../../contracts/evidence/explanation.ts';
import { fairnessEvidenceSchema } from '../../contracts/evidence/fairness.ts';
import { foldsEvidenceSchema } from '../../contracts/evidence/folds.ts';
import { optimizationEvidenceSchema } from '../../contracts/evidence/optimization.ts';
import { qualityEvidenceSchema } from '../../contracts/evidence/quality.ts';
import { analysisEvidenceSchema } from '../../contracts/evidence/release.ts';
import { searchEvidenceSchema } from '../../contracts/evidence/search.ts';
import { stagingEvidenceSchema } from '../../contracts/evidence/staging.ts';
import { trialEvidenceSchema } from '../../contracts/evidence/trial.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import type { Stage } from '../../contracts/names.ts';
import type { z } from 'zod';
import { loadDocument } from '../support/documents.ts';
import { renderReport } from '../../report/render.ts';
import { loadPinned, loadSnapshot } from '../support/labelled-rows.ts';
import { tablesOfReport } from '../../report/tables.ts';
import type { Closing } from '../../contracts/run/closing.ts';
import type { ReportInput } from '../../report/input.ts';
import type { Ports } from '../ports.ts';

type Needed = Pick<Ports, 'store' | 'registry'>;

/** The report of a run from the evidence that it has left so far. */
export async function buildReport(
  ports: Needed,
  closing: Pick<Closing, 'run' | 'snapshot' | 'verdicts' | 'release' | 'training'>,
  result: ReportInput['result'],
): Promise<string> {
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
    trial: await ofStage('trial', trialEvidenceSchema),
    search: await ofStage('search', searchEvidenceSchema),
    folds: await ofStage('folds', foldsEvidenceSchema),
    ...tabled,
    tables: await tablesOfReport(tabled),
    explanation: await ofStage('explain', explanationEvidenceSchema),
    optimization: await ofStage('optimize', optimizationEvidenceSchema),
    staging: await ofStage('staging', stagingEvidenceSchema),
    approval: await ports.registry.approval(run.model, run.id),
    lastAnalysis: release?.evidence ? await loadDocument(ports.store, analysisEvidenceSchema, release.evidence) : null,
  });
}
