import { isWholeType, wholeRanges, type TensorSpec } from '../../contracts/data/tensor.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import type { TensorInput } from '../../contracts/model/tensors.ts';
import { unknownName, type Planned } from '../onnx/adapt/planned.ts';
import { initializerOf } from '../onnx/lookups.ts';
import type { GraphProto, ModelProto } from '../onnx/proto.ts';

/** Where a model leaves a size open: a short text, a small picture. */
const usualSize = 32;

const usualTexts = [
  'The parcel came two days late.',
  'Excellent, I would order again!',
  'no',
  'Where can I find the invoice for my last order? I have looked everywhere.',
];

/** What each input is given, by the definition, the model's own shapes, and the embeddings that its inputs choose from. */
export function drawnInputs(
  model: ModelProto,
  inputs: readonly TensorSpec[],
  told: Readonly<Record<string, TensorInput>>,
): Planned<DrawnInput[]> {
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(told)
    .filter((name) => !names.includes(name))
    .map((name) => unknownName('tensors.inputs', 'input', name, names));
  const faults = [...unknown, ...inputs.flatMap((input) => faultsOf(input, told[input.name] ?? {}))];
  if (faults.length > 0) return { faults };
  const sizes = namedSizes(inputs, told);
  const readers = readersIn(model.graph);
  return { plan: inputs.map((input) => drawnInput(readers, input, told[input.name] ?? {}, sizes)) };
}

function faultsOf({ name, type, shape }: TensorSpec, { shape: own, min, max, texts }: TensorInput): string[] {
  const at = `tensors.inputs.${name}`;
  const sizes = shape.slice(1);
  if (own !== undefined && (own.length !== sizes.length || own.some((size, axis) => (sizes[axis] ?? size) !== size)))
    return [
      `${at}.shape: [${own.join(', ')}] does not fit the model, which takes [${sizes.map((size) => size ?? 'any').join(', ')}] a row`,
    ];
  if (type === 'string' && (min !== undefined || max !== undefined))
    return [`${at}: the input takes text: write texts instead of min and max`];
  if (type !== 'string' && texts !== undefined)
    return [`${at}: the input is of ${type}: write min and max instead of texts`];
  const bounds = [min, max].filter((bound) => bound !== undefined);
  if (!isWholeType(type)) return [];
  const [least, most] = wholeRanges[type];
  return bounds.every((bound) => Number.isInteger(bound) && bound >= least && bound <= most)
    ? []
    : [`${at}: min and max must be whole numbers that ${type} holds`];
}

/** Sizes by the names that inputs share: one that is told for an input holds for all. */
function namedSizes(
  inputs: readonly TensorSpec[],
  told: Readonly<Record<string, TensorInput>>,
): ReadonlyMap<string, number> {
  return new Map(
    inputs.flatMap(({ name, symbols = [] }) =>
      (told[name]?.shape ?? []).flatMap((size, at): [string, number][] => {
        const symbol = symbols[at + 1] ?? null;
        return symbol === null ? [] : [[symbol, size]];
      }),
    ),
  );
}

function drawnInput(
  readers: Readers,
  { name, type, shape: declared, symbols = [] }: TensorSpec,
  told: TensorInput,
  sizes: ReadonlyMap<string, number>,
): DrawnInput {
  const guesses: string[] = [];
  const known = declared.slice(1).map((size, at) => size ?? sizes.get(symbols[at + 1] ?? '') ?? null);
  if (told.shape === undefined && known.includes(null))
    guesses.push(`${usualSize} for each size that the model leaves open`);
  const shape = told.shape ?? known.map((size) => size ?? usualSize);
  if (type === 'string') {
    if (told.texts === undefined) guesses.push('texts: a few sentences');
    return { name, type, shape, from: told.texts ?? usualTexts, guesses };
  }
  const isMask = name.toLowerCase().includes('mask');
  const rows = isWholeType(type) && told.max === undefined ? rowsOfEmbedding(readers, name) : null;
  const min = told.min ?? (isMask ? 1 : 0);
  const max = told.max ?? Math.max(min, rows === null ? 1 : rows - 1);
  if (told.min === undefined && told.max === undefined)
    guesses.push(
      isMask
        ? 'all 1: its name'
        : rows === null
          ? `${min} to ${max}`
          : `${min} to ${max}: its embedding has ${rows} rows`,
    );
  return { name, type, shape, from: { min, max }, guesses };
}

/** By value, the rows of the table that it chooses from by number, and what it is cast to. */
interface Readers {
  readonly rows: ReadonlyMap<string, number>;
  readonly casts: ReadonlyMap<string, readonly string[]>;
}

function readersIn(graph: GraphProto): Readers {
  const rows = new Map<string, number>();
  const casts = new Map<string, string[]>();
  for (const {
    opType,
    input: [first = '', second = ''],
    output: [made = ''],
  } of graph.node) {
    if (opType === 'Cast') {
      const known = casts.get(first);
      if (known === undefined) casts.set(first, [made]);
      else known.push(made);
    }
    const size = opType === 'Gather' ? initializerOf(graph, first)?.dims[0] : undefined;
    if (size !== undefined && !rows.has(second)) rows.set(second, size);
  }
  return { rows, casts };
}

/** Rows of the table that an input chooses from by number, perhaps cast before; null where it does not. */
function rowsOfEmbedding({ rows, casts }: Readers, input: string): number | null {
  const values = new Set([input]);
  for (const value of values) {
    const found = rows.get(value);
    if (found !== undefined) return found;
    for (const made of casts.get(value) ?? []) values.add(made);
  }
  return null;
}
