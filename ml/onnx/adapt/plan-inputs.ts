import { shownText } from '../../../contracts/shown-text.ts';
import type { DatasetDefinition } from '../../../contracts/data/dataset.ts';
import type { TensorType } from '../../../contracts/data/tensor.ts';
import type { ModelDefinition } from '../../../contracts/model/model-definition.ts';
import type { DeclaredValue } from './declared.ts';
import type { InputPlan } from './plan.ts';
import { quoted, unknownName, type Planned } from './planned.ts';

type Definition = Pick<ModelDefinition, 'features' | 'signature'>;

/** Maps features to inputs: as `signature` says, else by name, and all others in their order to the one input that is left. */
export function planInputs(
  inputs: readonly DeclaredValue[],
  definition: Definition,
  { columns }: Pick<DatasetDefinition, 'columns'>,
): Planned<InputPlan[]> {
  const mapping = definition.signature?.inputs
    ? told(inputs, definition.signature.inputs)
    : guessed(inputs, definition.features);
  if ('faults' in mapping) return mapping;
  const faults: string[] = [];
  const plan = mapping.plan.flatMap(({ input, columns: mapped, guess }): InputPlan[] => {
    const type = usableType(input);
    const own = type === null ? [notATensor(input)] : [...shapeFaults(input, mapped), ...textFaults(input.name, type)];
    faults.push(...own);
    if (type === null || own.length > 0) return [];
    const form = input.shape?.length === 1 ? 'vector' : mapped[0] === input.name ? 'column' : 'table';
    return [{ name: input.name, type, columns: mapped, form, guess }];

    function textFaults(name: string, type: TensorType): string[] {
      const texts = type === 'string' ? [] : mapped.filter((column) => columns[column]?.type === 'string');
      return texts.map(
        (column) =>
          `its input "${shownText(name)}" is of ${type}, and the column ${column === name ? '' : `"${column}" `}holds text: export the model with an input of text for it, or encode it within the exported pipeline`,
      );
    }
  });
  return faults.length > 0 ? { faults } : { plan };
}

interface Mapping {
  readonly input: DeclaredValue;
  readonly columns: readonly string[];
  readonly guess: string | null;
}

function told(
  inputs: readonly DeclaredValue[],
  signature: NonNullable<NonNullable<Definition['signature']>['inputs']>,
): Planned<Mapping[]> {
  const names = inputs.map(({ name }) => name);
  const faults = [
    ...signature.flatMap(({ name }) =>
      names.includes(name) ? [] : [unknownName('signature.inputs', 'input', name, names)],
    ),
    ...names
      .filter((name) => !signature.some((one) => one.name === name))
      .map((name) => `its input "${shownText(name)}" is missing in signature.inputs: write which features it takes`),
  ];
  if (faults.length > 0) return { faults };
  return {
    plan: signature.flatMap(({ name, columns }) =>
      inputs.filter((input) => input.name === name).map((input) => ({ input, columns, guess: null })),
    ),
  };
}

function guessed(inputs: readonly DeclaredValue[], features: readonly string[]): Planned<Mapping[]> {
  const named = inputs.filter(({ name }) => features.includes(name));
  const others = inputs.filter(({ name }) => !features.includes(name));
  const left = features.filter((feature) => !named.some(({ name }) => name === feature));
  const byName = named.map((input) => ({ input, columns: [input.name], guess: null }));
  const [wide] = others;
  if (wide === undefined)
    return left.length === 0
      ? { plan: byName }
      : { faults: left.map((name) => `it has no input "${shownText(name)}"`) };
  if (others.length === 1 && left.length > 0)
    return { plan: [...byName, { input: wide, columns: left, guess: guessOf(left) }] };
  return {
    faults: [
      left.length === 0
        ? `its input${others.length === 1 ? '' : 's'} ${quoted(others)} ${others.length === 1 ? 'is' : 'are'} not a feature of the definition: add it to "features", or export the model without it`
        : `its inputs ${quoted(others)} are not features of the definition: write in signature.inputs which of ${left.join(', ')} each takes, in its order, such as { name: ${shownText(wide.name)}, columns: [${left.join(', ')}] }`,
    ],
  };
}

const guessOf = (columns: readonly string[]): string =>
  columns.length === 1 ? 'the one feature that is left' : 'the order of "features"';

const usableType = ({ type, shape }: DeclaredValue): TensorType | null => (shape?.length === 0 ? null : type);

const notATensor = ({ name }: DeclaredValue): string =>
  `its input "${shownText(name)}" is not a tensor with a row for each request: export it with tensors [rows, columns]`;

function shapeFaults({ name, shape }: DeclaredValue, columns: readonly string[]): string[] {
  if (shape === null) return [];
  const shown = `[${shape.map((size) => size ?? 'rows').join(', ')}]`;
  if (shape.length > 2)
    return [`its input "${shownText(name)}" has ${shape.length} dimensions (${shown}): export it with [rows, columns]`];
  if (shape.length === 1)
    return columns.length === 1
      ? []
      : [`its input "${shownText(name)}" has shape ${shown}, without an axis of rows: export it with [rows, columns]`];
  const width = shape[1] ?? null;
  if (width === null || width === columns.length) return [];
  return [
    `its input "${shownText(name)}" takes ${width} column${width === 1 ? '' : 's'}, and ${columns.length === 1 ? 'one feature is' : `${columns.length} features are`} mapped to it (${columns.join(', ')}): correct "features", or list its columns in signature.inputs`,
  ];
}
