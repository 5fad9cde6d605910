import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { snapshotSchema } from '../../contracts/data/dataset.ts';
import { dataEvidenceSchema } from '../../contracts/evidence/data.ts';
import type { GateResult, Run } from '../../contracts/run/run.ts';
import { assessDrift } from '../../ml/drift/psi.ts';
import { psiLimitsOf, watchedColumns } from '../../policy/gates/drift.ts';
import { judgeData } from '../../policy/gates/data.ts';
import { asWritten, versionAsWritten } from '../support/unchanged-document.ts';
import { loadDocument } from '../support/documents.ts';
import { gateResult } from '../support/gate-result.ts';
import type { Ports } from '../ports.ts';
import { reportProgress } from '../support/progress.ts';
import { loadPinned, loadSnapshot } from '../support/labelled-rows.ts';

/** Judges the snapshot by its dataset definition, the snapshot before it, and the rows that the champion was trained on. */
export const createCheckDataset = (ports: Pick<Ports, 'store' | 'tables' | 'registry'>) =>
  async function checkDataset({ run, snapshot }: { run: Run; snapshot: SnapshotRef }): Promise<GateResult> {
    const { definition, dataset, labelSpace } = await loadPinned(ports, run);
    const gate = definition.data;
    const profile = await ports.tables.profile({
      path: await ports.store.fetchFile(snapshot.data),
      dataset,
      reference: await championRows(ports, run),
      labelSpace,
      onColumns: (done, total) => reportProgress(done, total, 'columns'),
    });
    const drift = assessDrift(
      watchedColumns(gate.psi, profile.drift),
      (column) => psiLimitsOf(gate.psi, column)?.warn ?? gate.psi.warn,
    );
    const previousRows = await rowsBefore(ports, run);
    const { linesInCells, timeless } = await loadSnapshot(ports, snapshot);
    const verdict = judgeData({
      profile,
      drift,
      previousRows,
      dataset,
      labelSpace,
      linesInCells,
      timeless,
      gate,
      weight: definition.weight,
    });
    return gateResult(ports.store, dataEvidenceSchema, {
      schema: 'pawl.evidence.data/1',
      run: run.id,
      snapshot: snapshot.manifest,
      previousRows,
      profile,
      drift,
      verdict,
    });
  };

/** Path of the snapshot that the champion was trained on; null where there is no champion, or it took tensors. */
async function championRows(ports: Pick<Ports, 'store' | 'registry'>, run: Run): Promise<string | null> {
  if (run.champion === null) return null;
  const { lineage } = await versionAsWritten(ports.registry, run.model, run.champion);
  if (lineage.snapshot === null) return null;
  const { data } = await loadDocument(ports.store, snapshotSchema, lineage.snapshot);
  return ports.store.fetchFile(data);
}

/** Rows of the newest snapshot of another run that the data checks did not refuse. */
async function rowsBefore(ports: Pick<Ports, 'registry'>, run: Run): Promise<number | null> {
  const runs = await ports.registry.runs(run.model);
  const before = runs.find(
    ({ run: { id }, snapshot, result }) =>
      id !== run.id &&
      snapshot !== null &&
      result?.verdicts.every(({ stage, status }) => stage !== 'data' || status !== 'fail') === true,
  );
  if (before === undefined) return null;
  const { snapshot } = await asWritten(ports.registry, run.model, `the record of run ${before.run.id}`, before);
  return snapshot?.rowCount ?? null;
}
