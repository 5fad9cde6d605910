import type { LabelValue } from '../../contracts/data/label-space.ts';
import { binaryHead } from '../../ml/tasks/binary/head.ts';
import { unscaled } from '../../ml/training/head.ts';
import { classesFor } from '../support/classes.ts';
import type { Column } from '../../contracts/data/dataset.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { trainerSchema, type SettingsOf } from '../../contracts/model/trainer.ts';
import { createRandom } from '../../ml/random.ts';
import type { Feature } from '../../ml/training/encoding.ts';

type NetworkSettings = SettingsOf<'network'> & { batchSize: number };

export const settingsOf = (over: Partial<NetworkSettings> = {}): NetworkSettings => ({
  ...(trainerSchema.parse({
    kind: 'network',
    hidden: [8],
    epochs: 6,
    learningRate: 0.02,
    tails: 'keep',
    patience: 4,
    batchSize: 64,
  }) as NetworkSettings),
  ...over,
});

export const treesOf = (over: Partial<SettingsOf<'gbdt'>> = {}): SettingsOf<'gbdt'> => ({
  ...(trainerSchema.parse({
    kind: 'gbdt',
    trees: 60,
    learningRate: 0.1,
    leaves: 6,
    minRows: 10,
  }) as SettingsOf<'gbdt'>),
  ...over,
});

export const linearOf = (over: Partial<SettingsOf<'linear'>> = {}): SettingsOf<'linear'> => ({
  ...(trainerSchema.parse({ kind: 'linear' }) as SettingsOf<'linear'>),
  ...over,
});

export const graphOf = (over: Partial<SettingsOf<'graph'>> = {}): SettingsOf<'graph'> & { batchSize: number } => ({
  ...(trainerSchema.parse({ kind: 'graph', model: 'models/one.onnx' }) as SettingsOf<'graph'>),
  epochs: 10,
  learningRate: 0.02,
  batchSize: 64,
  ...over,
});

const column = (kind: Column['kind'], allowed?: string[]): Column => ({
  type: kind === 'numeric' ? 'number' : 'string',
  kind,
  description: '',
  nullable: true,
  missing: [],
  ...(allowed && { allowed }),
});

export const features: Feature[] = [
  { name: 'age', column: column('numeric') },
  { name: 'colour', column: column('categorical', ['red', 'green', 'never seen']) },
  { name: 'income', column: column('numeric') },
  { name: 'town', column: column('categorical') },
];

export const frameOf = (columns: Record<string, (number | string)[]>): Frame => ({
  rowCount: Object.values(columns)[0]?.length ?? 0,
  columns: Object.fromEntries(
    Object.entries(columns).map(([name, values]): [string, ColumnData] => [
      name,
      values.every((value) => typeof value === 'number')
        ? { type: 'number', values: Float64Array.from(values) }
        : { type: 'string', values: values.map(String) },
    ]),
  ),
});

/** Rows whose label depends on age, colour and town, with missing values in between. */
export function people(rows: number, seed: number): { frame: Frame; labels: Uint8Array } {
  const random = createRandom(seed);
  const age: number[] = [];
  const colour: string[] = [];
  const income: number[] = [];
  const town: string[] = [];
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    age.push(random.integer(10) === 0 ? Number.NaN : 20 + 60 * random.next());
    colour.push(['red', 'green', ''][random.integer(3)]!);
    income.push(1000 * random.normal());
    town.push(`t${random.integer(12)}`);
    const logit = ((age[row] || 50) - 50) / 8 + (colour[row] === 'red' ? 1.5 : -1) + (town[row]! < 't5' ? 1 : -1);
    labels[row] = random.next() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
  }
  return { frame: frameOf({ age, colour, income, town }), labels };
}

/** Share of pairs of a positive and a negative row that the scores order rightly (area under the ROC curve). */
export function rightlyOrdered(scores: ArrayLike<number>, labels: Uint8Array): number {
  let right = 0;
  let pairs = 0;
  for (let a = 0; a < labels.length; a++) {
    for (let b = 0; b < labels.length; b++) {
      if (labels[a] !== 1 || labels[b] !== 0) continue;
      pairs++;
      right += scores[a]! > scores[b]! ? 1 : Number(scores[a] === scores[b]) / 2;
    }
  }
  return right / pairs;
}

/** What the export of a binary model is made by, beside its network: its labels and threshold. */
export const exportOf = (negative: LabelValue, positive: LabelValue, threshold = 0.5, type?: Column['type']) => ({
  head: binaryHead,
  answer: { space: classesFor(negative, positive, type), scale: unscaled, threshold },
});
