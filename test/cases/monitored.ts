import { createObserveModel } from '../../activities/monitor/observe-model.ts';
import { loadDocument, saveDocument } from '../../activities/support/documents.ts';
import { monitorEvidenceSchema } from '../../contracts/evidence/monitor.ts';
import { qualityEvidenceSchema } from '../../contracts/evidence/quality.ts';
import type { StageVerdict } from '../../contracts/run/run.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { change } from '../contracts/registry-records.ts';
import { since } from '../ports/log-entries.ts';
import { putSegment } from '../ports/log-segments.ts';
import { trained, type StrangersProject } from './project.ts';

/** Trains a version of the project's model, and serves it with the evidence of its quality. */
export async function serveTrained(project: StrangersProject): Promise<void> {
  const { run, candidate, snapshot, evidence, quality } = await trained(project);
  const found = await saveDocument(project.ports.store, qualityEvidenceSchema, quality);
  const verdict: StageVerdict = { stage: 'quality', status: 'pass', evidence: found, reasons: [] };
  const champion = await project.register(run, candidate, snapshot, evidence, [verdict]);
  await project.ports.registry.changeDeployment('churn', () => change(champion));
}

/** Puts entries of one time into the log, and looks at them a minute later. */
export async function lookAt(project: StrangersProject, at: number, entries: readonly LogEntry[]) {
  await putSegment(project.ports.store, entries, at - since);
  const seen = await createObserveModel({ ...project.ports, now: () => at + 60_000 })('churn');
  return { ...seen, found: await loadDocument(project.ports.store, monitorEvidenceSchema, seen.evidence!) };
}
