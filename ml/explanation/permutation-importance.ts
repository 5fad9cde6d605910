import type { ExplanationEvidence } from '../../contracts/evidence/explanation.ts';
import type { ColumnData, Frame, Predictions } from '../../contracts/frame.ts';
import { aucOf, rankScores } from '../metrics/auc.ts';
import { createRandom } from '../random.ts';

export interface PermutationImportance {
  readonly frame: Frame;
  /** 1 is positive. */
  readonly labels: Uint8Array;
  readonly features: readonly string[];
  readonly predict: (frame: Frame) => Promise<Predictions>;
  readonly repeats: number;
  readonly seed: number;
}

/**
 * Loss of AUC when one column is shuffled, mean and (population) standard deviation over the repeats, largest first
 * (Breiman 2001). About 0: the model does not need the column, given the others. Correlated columns share their
 * importance. Empty where one class is absent. Costs `1 + features * repeats` passes over the frame.
 */
export async function permutationImportance(input: PermutationImportance): Promise<ExplanationEvidence['importances']> {
  const { frame, labels, features, predict, repeats } = input;
  const auc = async (rows: Frame) => aucOf(labels, rankScores((await predict(rows)).probability));
  const whole = await auc(frame);
  if (whole === null) return [];
  const random = createRandom(input.seed);
  const importances: ExplanationEvidence['importances'] = [];
  for (const column of features) {
    const data = frame.columns[column];
    if (data === undefined) continue;
    const losses: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const shuffled = take(data, random.permutation(frame.rowCount));
      const left = await auc({ ...frame, columns: { ...frame.columns, [column]: shuffled } });
      losses.push(whole - (left ?? whole));
    }
    importances.push({ column, ...momentsOf(losses) });
  }
  return importances.sort((a, b) => b.mean - a.mean);
}

const take = (data: ColumnData, order: Int32Array): ColumnData =>
  data.type === 'number'
    ? { type: 'number', values: Float64Array.from(order, (row) => data.values[row] ?? Number.NaN) }
    : { type: 'string', values: Array.from(order, (row) => data.values[row] ?? '') };

function momentsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}
