import { numberOfHalf } from '../../codec/float16.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { mustAddUp, missesOne } from '../../ml/tasks/probability-sums.ts';
import { rowsOfOutputs } from '../../ml/tensors/batches.ts';
import type { LoadedModel } from '../inference/port.ts';
import type { MakeRows } from './try-adapted.ts';

type Outputs = Readonly<Record<string, Tensor>>;

export interface RowsToTry {
  readonly made: MakeRows;
  readonly usual: readonly number[];
  /** Rows that are put beside the usual ones, and must move none of their answers. */
  readonly extreme: readonly number[];
}

/** What made-up rows show of a model, a sentence each. */
export interface RowTrial {
  /** Rows that move each other's answers: what is judged in batches is not what single requests get. */
  readonly mixing: readonly string[];
  /** Answers to the same rows that differ. */
  readonly unsteady: readonly string[];
  /** What is wrong with single answers. */
  readonly invalid: readonly string[];
}

/** Outputs that answer a task; others may hold anything. */
const answers = ['probabilities', 'prediction', 'quantiles', 'label'];

/**
 * Asks for made-up rows one by one, all together twice, in the other order, and beside extreme ones. Rows that the model refuses alone are left out:
 * texts and codes that are made up may be unknown to it.
 */
export async function tryRows(model: Pick<LoadedModel, 'run'>, rows: RowsToTry): Promise<RowTrial> {
  const alone = await askAlone(model, rows);
  const usual = rows.usual.filter((row) => alone.has(row));
  const [first] = usual;
  if (first === undefined) return { mixing: [], unsteady: [], invalid: [] };
  const invalid = invalidAnswers(usual.map((row) => alone.get(row)!));
  const again = await model.run(rows.made([first])).catch(() => null);
  const batch = new Batch(model, rows, alone);
  const unsteady =
    (again === null ? null : difference([alone.get(first)!], [again], 1)) ??
    (usual.length > 1 ? await batch.twice(usual) : null);
  if (unsteady !== null)
    return {
      mixing: [],
      invalid,
      unsteady: [
        `it answers the same rows otherwise when they are asked again (${unsteady}): export it for inference, without dropout and random numbers`,
      ],
    };
  if (usual.length < 2) return { mixing: [], unsteady: [], invalid };
  const extreme = rows.extreme.filter((row) => alone.has(row));
  const orders = [usual, usual.toReversed(), ...(extreme.length === 0 ? [] : [[...extreme, ...usual]])];
  for (const order of orders) {
    const found = await batch.beside(order, usual);
    if (found !== null) return { mixing: [found], unsteady: [], invalid };
  }
  return { mixing: [], unsteady: [], invalid };
}

async function askAlone(
  model: Pick<LoadedModel, 'run'>,
  { made, usual, extreme }: RowsToTry,
): Promise<ReadonlyMap<number, Outputs>> {
  const alone = new Map<number, Outputs>();
  for (const row of [...usual, ...extreme]) {
    const outputs = await model.run(made([row])).catch(() => null);
    if (outputs !== null) alone.set(row, outputs);
  }
  return alone;
}

class Batch {
  readonly #model: Pick<LoadedModel, 'run'>;
  readonly #rows: RowsToTry;
  readonly #alone: ReadonlyMap<number, Outputs>;

  constructor(model: Pick<LoadedModel, 'run'>, rows: RowsToTry, alone: ReadonlyMap<number, Outputs>) {
    this.#model = model;
    this.#rows = rows;
    this.#alone = alone;
  }

  /** How answers to the same rows differ; null where they do not. */
  async twice(order: readonly number[]): Promise<string | null> {
    const made = this.#rows.made(order);
    const both = [await this.#model.run(made).catch(() => null), await this.#model.run(made).catch(() => null)];
    const [one, other] = both.map((outputs) => (outputs === null ? null : split(outputs, order.length)));
    return one && other ? difference(one, other, Math.min(2, order.length)) : null;
  }

  /** How rows are answered otherwise together than alone; null where they are not. */
  async beside(order: readonly number[], usual: readonly number[]): Promise<string | null> {
    let outputs: Outputs;
    try {
      outputs = await this.#model.run(this.#rows.made(order));
    } catch (error) {
      return `it answers rows alone, and fails on ${order.length} together (${(error as Error).message.split('\n')[0] ?? ''}): ${remedy}`;
    }
    const together = split(outputs, order.length);
    if (together === null) return `it does not answer each of ${order.length} rows that are asked together: ${remedy}`;
    const found = difference(
      usual.map((row) => this.#alone.get(row)!),
      usual.map((row) => together[order.indexOf(row)]!),
      2,
    );
    return found === null
      ? null
      : `a row's answer depends on the other rows of its batch (${found}, alone and among ${order.length - 1} others), so that single requests would get other answers than the ones that are judged: ${remedy}`;
  }
}

const remedy =
  'export it for inference, without operators that go over the axis of rows (a mean, a softmax, a normalization by the batch, dynamic quantization)';

/** The answers of each row; null where an answer does not have one for each. */
function split(outputs: Outputs, rows: number): Outputs[] | null {
  const asked = Object.fromEntries(Object.entries(outputs).filter(([name]) => answers.includes(name)));
  const parts = Array.from({ length: rows }, (_, row) => rowsOfOutputs(asked, rows, row, row + 1));
  return parts.every((part) => part !== null) ? parts : null;
}

/** Matrix kernels add up in another order for another number of rows: a sum moves by the size of what is summed, by more in half precision. */
const relative = 1e-3;
const absolute = { probabilities: 1e-4, others: 1e-5 };

/**
 * How the answers of at least so many rows differ, with the greatest difference; null where fewer do. One row of several may lie at a tie of two labels, or on
 * the threshold of a tree.
 */
function difference(some: readonly Outputs[], others: readonly Outputs[], fewest: number): string | null {
  for (const name of answers) {
    if (some[0]?.[name] === undefined) continue;
    const pairs = some.map((one, row) => [valuesOf(one[name]), valuesOf(others[row]?.[name])] as const);
    const numbers = pairs
      .flatMap(([own]) => own)
      .filter((value) => typeof value === 'number' && Number.isFinite(value));
    const scale = name === 'probabilities' ? 1 : Math.max(0, ...numbers.map((value) => Math.abs(Number(value))));
    const floor = scale * (name === 'probabilities' ? absolute.probabilities : absolute.others);
    const differing = pairs.flatMap(([own, other]) => greatestGap(own, other, floor) ?? []);
    const [worst] = differing.toSorted((a, b) => b.gap - a.gap);
    if (worst !== undefined && differing.length >= fewest)
      return `"${name}" is ${shown(worst.one)} and ${shown(worst.other)}`;
  }
  return null;
}

type Value = number | string;
interface Gap {
  readonly one: Value;
  readonly other: Value;
  readonly gap: number;
}

function greatestGap(own: readonly Value[], others: readonly Value[], floor: number): Gap | null {
  let found: Gap | null = null;
  for (const [i, one] of own.entries()) {
    const other = others[i] ?? Number.NaN;
    if (Object.is(one, other)) continue;
    const [a, b] = [Number(one), Number(other)];
    const distance = Math.abs(a - b);
    if (distance <= Math.max(floor, relative * Math.max(Math.abs(a), Math.abs(b)))) continue;
    // A number beside NaN, or another text, is a difference too, which says less.
    const gap = Number.isFinite(distance) ? distance : 0;
    if (found === null || gap > found.gap) found = { one, other, gap };
  }
  return found;
}

const valuesOf = (tensor: Tensor | undefined): Value[] => {
  if (tensor === undefined) return [];
  if (Array.isArray(tensor.data)) return [...(tensor.data as string[])];
  const numbers = Array.from(tensor.data as Iterable<number | bigint>, Number);
  return tensor.type === 'float16' ? numbers.map(numberOfHalf) : numbers;
};

const shown = (value: Value): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(3))) : JSON.stringify(value.slice(0, 40));

/** What single answers hold that no answers are. */
function invalidAnswers(rows: readonly Outputs[]): string[] {
  const floats = rows.flatMap((outputs) =>
    answers.flatMap((name) => (outputs[name]?.type.startsWith('float') === true ? valuesOf(outputs[name]) : [])),
  );
  if (floats.length > 0 && floats.every(Number.isNaN))
    return [
      'each answer to made-up rows without a missing value is NaN: its weights hold NaN, or it takes numbers of another range: train and export it again, or declare min and max of its columns',
    ];
  const all = rows.flatMap(({ probabilities }) =>
    probabilities?.type.startsWith('float') === true ? [valuesOf(probabilities).map(Number)] : [],
  );
  const finite = all.flat().filter(Number.isFinite);
  const outside = finite.filter((value) => value < 0 || value > 1);
  if (outside.length > 0)
    return [
      `its probabilities of made-up rows lie outside [0, 1] (${shown(Math.min(...finite))} to ${shown(Math.max(...finite))}), as scores do: export probabilities (scikit-learn: CalibratedClassifierCV around LinearSVC and others without predict_proba), or name what a softmax or sigmoid makes probabilities of in signature.outputs.logits`,
    ];
  const sums = all.flatMap((values) =>
    mustAddUp(values.length) ? [values.reduce((sum, value) => sum + value, 0)] : [],
  );
  const uneven = sums.find(missesOne);
  return uneven === undefined
    ? []
    : [
        `the probabilities of a made-up row add up to ${shown(uneven)}, and must add up to 1: end the model with one softmax over all labels, or divide each row by its sum`,
      ];
}
