import { isWholeType, wholeRanges, type TensorSpec } from '../../contracts/data/tensor.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import type { TensorInput } from '../../contracts/model/tensors.ts';
import { unknownName, type Planned } from '../onnx/adapt/planned.ts';
import { embeddingRows } from '../onnx/embedding-rows.ts';
import type { ModelProto } from '../onnx/proto.ts';

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
  const rowsOf = embeddingRows(model.graph);
  return { plan: inputs.map((input) => drawnInput(rowsOf, input, told[input.name] ?? {}, sizes)) };
}

function faultsOf(
  { name, type, shape }: TensorSpec,
  { shape: own, min, max, texts, maxLength }: TensorInput,
): string[] {
  const at = `tensors.inputs.${name}`;
  const sizes = shape.slice(1);
  if (maxLength !== undefined && !sizes.includes(null))
    return [`${at}.maxLength: the model leaves no size of the input open: leave it out`];
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

/** Sizes by the names that inputs share: one that is told for an input holds for all, and so does its greatest length. */
function namedSizes(
  inputs: readonly TensorSpec[],
  told: Readonly<Record<string, TensorInput>>,
): ReadonlyMap<string, number> {
  const named = (sizesOf: (told: TensorInput, axis: number) => number | undefined): [string, number][] =>
    inputs.flatMap(({ name, symbols = [] }) =>
      symbols.flatMap((symbol, axis): [string, number][] => {
        const size = axis === 0 || symbol === null ? undefined : sizesOf(told[name] ?? {}, axis - 1);
        return symbol === null || size === undefined ? [] : [[symbol, size]];
      }),
    );
  const least = new Map<string, number>();
  for (const [symbol, size] of named(({ maxLength }) => maxLength))
    least.set(symbol, Math.min(size, least.get(symbol) ?? usualSize));
  return new Map([...least, ...named(({ shape }, axis) => shape?.[axis])]);
}

function drawnInput(
  rowsOf: (input: string) => number | null,
  { name, type, shape: declared, symbols = [] }: TensorSpec,
  told: TensorInput,
  sizes: ReadonlyMap<string, number>,
): DrawnInput {
  const guesses: string[] = [];
  const known = declared.slice(1).map((size, at) => size ?? sizes.get(symbols[at + 1] ?? '') ?? null);
  const open = Math.min(usualSize, told.maxLength ?? usualSize);
  if (told.shape === undefined && known.includes(null))
    guesses.push(`${open} for each size that the model leaves open`);
  const shape = told.shape ?? known.map((size) => size ?? open);
  if (type === 'string') {
    if (told.texts === undefined) guesses.push('texts: a few sentences');
    return { name, type, shape, from: told.texts ?? usualTexts, guesses };
  }
  const isMask = name.toLowerCase().includes('mask');
  const rows = isWholeType(type) ? rowsOf(name) : null;
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
  return { name, type, shape, from: { min, max }, guesses, ...(rows === null ? {} : { rows }) };
}
