import { columnSchema } from '../../contracts/data/dataset.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { createRandom } from '../../ml/random.ts';
import type { Feature } from '../../ml/training/encoding.ts';

/** Rows to learn two labels from, and rows to judge by. */
export interface Table {
  readonly features: readonly Feature[];
  readonly train: LabelledFrame;
  readonly test: LabelledFrame;
}
export interface LabelledFrame {
  readonly frame: Frame;
  readonly labels: Float64Array;
}

const number = columnSchema.parse({ type: 'number', kind: 'numeric' });
const category = columnSchema.parse({ type: 'string', kind: 'categorical' });
const testRows = 20_000;

/** Normal columns; ten of them decide the label, by curves and one product. */
export function numbersTable(rows: number, width: number, seed: number): Table {
  const random = createRandom(seed);
  const names = Array.from({ length: width }, (_, i) => `f${i}`);
  const side = (count: number): LabelledFrame => {
    const columns = names.map(() => Float64Array.from({ length: count }, () => Math.fround(random.normal())));
    const labels = Float64Array.from({ length: count }, (_, row) => {
      let logit = 0.7 * columns[0]![row]! * columns[1]![row]!;
      for (let i = 0; i < 10; i++) logit += Math.sin(columns[i]![row]! * (1 + i / 3)) * (1 - i / 12);
      return Number(random.next() < 1 / (1 + Math.exp(-logit)));
    });
    return { frame: frameOf(names, columns.map(numeric)), labels };
  };
  return { features: names.map((name) => ({ name, column: number })), train: side(rows), test: side(testRows) };
}

/** Ten numbers, a tenth of each missing, and six categories of 3 to 200 codes; codes and what is missing decide with the numbers. */
export function mixedTable(rows: number, seed: number): Table {
  const random = createRandom(seed);
  const numbers = Array.from({ length: 10 }, (_, i) => `n${i}`);
  const codes = [3, 8, 20, 50, 120, 200];
  const effects = codes.map((count) => Array.from({ length: count }, () => random.normal()));
  const side = (count: number): LabelledFrame => {
    const values = numbers.map(() =>
      Float64Array.from({ length: count }, () => (random.next() < 0.1 ? Number.NaN : Math.fround(random.normal()))),
    );
    const texts = codes.map((of) =>
      Array.from({ length: count }, () => String(Math.floor(of * random.next() * random.next()))),
    );
    const labels = Float64Array.from({ length: count }, (_, row) => {
      let logit = 0;
      for (const [i, of] of values.entries())
        logit += Number.isNaN(of[row]!) ? (i % 2 === 0 ? 0.5 : 0) : Math.sin(of[row]! * (1 + i / 4)) * (1 - i / 12);
      for (const [i, of] of texts.entries()) logit += 0.5 * effects[i]![Number(of[row])]!;
      return Number(random.next() < 1 / (1 + Math.exp(-logit)));
    });
    const columns = [...values.map(numeric), ...texts.map((of): ColumnData => ({ type: 'string', values: of }))];
    return { frame: frameOf([...numbers, ...codes.map((_, i) => `c${i}`)], columns), labels };
  };
  return {
    features: [
      ...numbers.map((name) => ({ name, column: number })),
      ...codes.map((_, i) => ({ name: `c${i}`, column: category })),
    ],
    train: side(rows),
    test: side(testRows),
  };
}

const numeric = (values: Float64Array): ColumnData => ({ type: 'number', values });

const frameOf = (names: readonly string[], columns: readonly ColumnData[]): Frame => ({
  rowCount: columns[0]?.values.length ?? 0,
  columns: Object.fromEntries(names.map((name, i) => [name, columns[i]!])),
});
