import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { explanationEvidenceSchema } from '../../contracts/evidence/explanation.ts';
import type { Candidate, GateResult, Run } from '../../contracts/run/run.ts';
import { permutationImportance } from '../../ml/explanation/permutation-importance.ts';
import { shuffledPasses } from '../../ml/explanation/shuffled-passes.ts';
import { metricsNamed } from '../../ml/tasks/index.ts';
import { check } from '../../policy/check.ts';
import { verdictOf } from '../../policy/verdict.ts';
import { gateResult } from '../support/gate-result.ts';
import { loadModel } from '../support/load-model.ts';
import type { Ports } from '../ports.ts';
import { reportProgress } from '../support/progress.ts';
import { loadPinned, loadSide } from '../support/labelled-rows.ts';

const mostRows = 2_000;
const leastRows = 500;
const mostColumns = 100;
const leastColumns = 20;
const repeats = 5;
/** Values of one pass, and of all passes with the same rows: a wide model is explained in about the time of a narrow one. */
const valuesPerPass = 2_000_000;
const columnPasses = 50_000;

const between = (least: number, value: number, most: number): number =>
  Math.max(least, Math.min(most, Math.floor(value)));

/** Measures how much each column matters to the candidate, for the report. */
export const createExplainModel = (ports: Ports) =>
  async function explainModel(input: { run: Run; candidate: Candidate; snapshot: SnapshotRef }): Promise<GateResult> {
    const { run, candidate, snapshot } = input;
    const pinned = await loadPinned(ports, run);
    const { definition, labelSpace, task } = pinned;
    const width = definition.features.length;
    const rows = between(leastRows, valuesPerPass / width, mostRows);
    const { frame, outcomes } = await loadSide(ports, pinned, snapshot, 'test', { limit: rows });
    const model = await loadModel(ports, candidate.model, run.imported !== null);
    try {
      const { importances, screenedOut } = await permutationImportance({
        frame,
        outcomes,
        metric: metricsNamed(task, [task.importance])[0]!,
        features: definition.features,
        predict: shuffledPasses(model, frame, labelSpace),
        repeats,
        mostColumns: between(leastColumns, columnPasses / width, mostColumns),
        seed: run.seed,
        onPass: (done, total) => reportProgress(done, total, 'passes'),
      });
      const first = importances.slice(0, 3).map(({ column }) => column);
      return await gateResult(ports.store, explanationEvidenceSchema, {
        schema: 'pawl.evidence.explanation/1',
        run: run.id,
        model: candidate.model,
        rows: frame.rowCount,
        metric: task.importance,
        importances,
        screenedOut,
        verdict: verdictOf([
          check('explanation', 'pass', first.join(', '), null, `the columns that matter most: ${first.join(', ')}`),
        ]),
      });
    } finally {
      await model.release();
    }
  };
