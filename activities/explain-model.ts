import type { SnapshotRef } from '../contracts/dataset.ts';
import { explanationEvidenceSchema } from '../contracts/evidence/explanation.ts';
import type { Candidate, GateResult, Run } from '../contracts/run.ts';
import { permutationImportance } from '../ml/explanation/permutation-importance.ts';
import { check } from '../policy/check.ts';
import { verdictOf } from '../policy/verdict.ts';
import { gateResult } from './gate-result.ts';
import type { Ports } from './ports.ts';
import { loadPinned, loadSide } from './rows.ts';

const mostRows = 2_000;
const repeats = 5;

/** Measures how much each column matters to the candidate, for the report. */
export const createExplainModel = (ports: Ports) =>
  async function explainModel(input: { run: Run; candidate: Candidate; snapshot: SnapshotRef }): Promise<GateResult> {
    const { run, candidate, snapshot } = input;
    const pinned = await loadPinned(ports, run);
    const { definition } = pinned;
    const { frame, labels } = await loadSide(ports, pinned, snapshot, 'test', mostRows);
    const model = await ports.inference.load(await ports.store.getBlob(candidate.model));
    try {
      const importances = await permutationImportance({
        frame,
        labels,
        features: definition.features,
        predict: (rows) => model.predict(rows, pinned.classes),
        repeats,
        seed: run.seed,
      });
      const first = importances.slice(0, 3).map(({ column }) => column);
      return await gateResult(ports.store, explanationEvidenceSchema, {
        schema: 'pawl.evidence.explanation/1',
        run: run.id,
        model: candidate.model,
        rows: frame.rowCount,
        metric: 'auc',
        importances,
        verdict: verdictOf([
          check('explanation', 'pass', first.join(', '), null, `the columns that matter most: ${first.join(', ')}`),
        ]),
      });
    } finally {
      await model.release();
    }
  };
