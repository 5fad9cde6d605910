import type { ExplanationEvidence } from '../../contracts/evidence/explanation.ts';
import type { Frame, Predictions } from '../../contracts/data/frame.ts';
import { metricFacts } from '../../contracts/model/tasks/metric-names.ts';
import { weighted, type Metric, type Outcomes } from '../tasks/metric.ts';
import { screenColumns, screeningPasses } from './screen-columns.ts';
import type { Shuffle } from './shuffled-passes.ts';
import { createRandom, type Random } from '../random.ts';

export interface PermutationImportance {
  readonly frame: Frame;
  readonly outcomes: Outcomes;
  /** What a column's loss is measured by. */
  readonly metric: Metric;
  readonly features: readonly string[];
  /** Predictions for the frame, as it is or shuffled. */
  readonly predict: (shuffle?: Shuffle) => Promise<Predictions>;
  readonly repeats: number;
  readonly seed: number;
  /** Columns that are measured in full. @default 100 */
  readonly mostColumns?: number;
  /** Passes so far, and in all. */
  readonly onPass?: (done: number, total: number) => void;
}

/** What shuffling told, largest loss first. */
export interface Importances {
  readonly importances: ExplanationEvidence['importances'];
  /** Columns whose groups lost too little to be measured one by one. */
  readonly screenedOut: number;
}

/**
 * Loss of the metric when one column is shuffled, mean and (population) standard deviation over the repeats, largest first
 * (Breiman 2001). About 0: the model does not need the column, given the others. Correlated columns share their
 * importance. Empty where the metric is undefined. Where there are more columns than are measured, groups of them are shuffled
 * first (`screenColumns`). Costs `1 + columns * repeats` passes over the frame, and those of the screening.
 */
export async function permutationImportance(input: PermutationImportance): Promise<Importances> {
  const { frame, features, repeats, mostColumns = 100, onPass } = input;
  const found = features.filter((column) => frame.columns[column] !== undefined);
  const random = createRandom(input.seed);
  const total = screeningPasses(found.length, mostColumns) + Math.min(found.length, mostColumns) * repeats;
  let done = 0;
  const loss = await lossOf(input, random);
  if (loss === null) return { importances: [], screenedOut: 0 };
  const counted = async (group: readonly string[]): Promise<number> => {
    const lost = await loss(group);
    done = Math.min(total, done + 1);
    onPass?.(done, total);
    return lost;
  };
  const columns = await screenColumns(found, mostColumns, counted);
  const importances: ExplanationEvidence['importances'] = [];
  for (const column of columns) {
    const losses: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) losses.push(await counted([column]));
    importances.push({ column, ...momentsOf(losses) });
  }
  onPass?.(total, total);
  return { importances: importances.sort((a, b) => b.mean - a.mean), screenedOut: found.length - columns.length };
}

/** Measures what it costs to shuffle columns together; null where the metric is undefined. */
async function lossOf(
  { frame, outcomes, metric, predict }: PermutationImportance,
  random: Random,
): Promise<((columns: readonly string[]) => Promise<number>) | null> {
  const value = async (shuffle?: Shuffle) => weighted(metric, outcomes, await predict(shuffle))();
  const sign = metricFacts[metric.name].direction === 'higher' ? 1 : -1;
  const whole = await value();
  if (whole === null) return null;
  return async (columns) => {
    const left = await value({ columns, order: random.permutation(frame.rowCount) });
    return sign * (whole - (left ?? whole));
  };
}

function momentsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}
