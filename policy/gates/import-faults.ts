import { shownNames, shownText } from '../../contracts/shown-text.ts';
import { codeOf, type CellRule } from '../../contracts/data/cell.ts';
import {
  classCodes,
  labelSpaceOf,
  positiveCode,
  type ClassSpace,
  type LabelSpace,
  type NumberSpace,
} from '../../contracts/data/label-space.ts';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { Signature, TensorSpec } from '../../contracts/data/tensor.ts';
import { unknownName } from '../../ml/onnx/adapt/planned.ts';
import type { GraphFacts } from '../../ml/onnx/examine.ts';
import { holds, whatTypeLacks, type NumericType } from './input-types.ts';

/** Why a model file must not even be loaded: ONNX Runtime would read the other files itself, from the folder of the process. */
export const externalFaults = ({ external }: GraphFacts): string[] =>
  external.length === 0
    ? []
    : [
        `${external.length} of its tensors lie in another file (${shownNames(external.slice(0, 3))}): save it with all weights inside`,
      ];

/** Why a model from elsewhere cannot be judged or served for a definition, a sentence each; empty where it can. */
export function importFaults(
  { inputs, outputs }: Signature,
  { classes: own }: Pick<GraphFacts, 'classes'>,
  definition: ModelDefinition,
  dataset: DatasetDefinition,
): string[] {
  const faults =
    definition.tensors === undefined
      ? columnsFaults(inputs, definition, dataset)
      : [...inputs.flatMap(fixedRows), ...servingFaults(inputs, definition)];
  const space = labelSpaceOf(definition, dataset);
  faults.push(
    ...(space.kind === 'numbers'
      ? [...numberFaults(outputs), ...quantileFaults(outputs, space)]
      : [...outputFaults(outputs, space), ...labelFaults(outputs, space)]),
  );
  return space.kind === 'numbers' ? faults : [...faults, ...classFaults(own, outputs, space)];
}

function columnsFaults(
  inputs: readonly TensorSpec[],
  { features }: ModelDefinition,
  dataset: DatasetDefinition,
): string[] {
  const names = inputs.map(({ name }) => name);
  return [
    ...features.filter((name) => !names.includes(name)).map((name) => `it has no input "${shownText(name)}"`),
    ...names
      .filter((name) => !features.includes(name))
      .map((name) => `its input "${shownText(name)}" is not a feature of the definition`),
    ...inputs.filter(({ name }) => features.includes(name)).flatMap((input) => inputFaults(input, dataset)),
  ];
}

const fixedRows = ({ name, shape }: TensorSpec): string[] =>
  typeof shape[0] === 'number'
    ? [`its input "${shownText(name)}" has the fixed batch size ${shape[0]}: export it with a dynamic first axis`]
    : [];

/** Inputs that `serving` names and the model does not have: a private one whose name is misspelt would be logged. */
function servingFaults(inputs: readonly TensorSpec[], { serving: { log, key, segments } }: ModelDefinition): string[] {
  const names = inputs.map(({ name }) => name);
  const named: (readonly [string, string | null | undefined])[] = [
    ...log.drop.map((name) => ['serving.log.drop', name] as const),
    ...log.hash.map((name) => ['serving.log.hash', name] as const),
    ['serving.key', key],
    ...segments.map(({ name, input }) => [`serving.segments "${name}"`, input] as const),
  ];
  return named.flatMap(([at, name]) =>
    name === null || name === undefined || names.includes(name) ? [] : [unknownName(at, 'input', name, names)],
  );
}

const codesOf = (own: GraphFacts['classes'], { rule }: LabelSpace): string[] | null =>
  own?.map((label) => codeOf(label, rule)) ?? null;

/** Classes that the model names, and that are not those of the definition in their order. */
function classFaults(own: GraphFacts['classes'], outputs: readonly TensorSpec[], space: ClassSpace): string[] {
  const codes = codesOf(own, space);
  const wanted = classCodes(space);
  if (codes === null || codes.join('\0') === wanted.join('\0')) return [];
  if (space.task !== 'binary')
    return [
      `its classes are ${shownNames(codes)}, and the labels of "${space.target}" are ${shownNames(wanted)}: list the allowed codes in the model's order, or export another model`,
    ];
  if (codes.toReversed().join('\0') !== wanted.join('\0'))
    return [
      `its classes are ${shownNames(codes)}, and the definition's labels are ${wanted.join(' and ')}: correct positive and negative, or export another model`,
    ];
  if (!outputs.some(({ name, shape }) => name === 'probabilities' && shape[1] === 1)) return [];
  return [
    `its classes are ${shownNames(codes)}, so its one probability is of ${codes.at(-1)}, and the definition's positive label is ${positiveCode(space)}: exchange positive and negative, or export both probabilities`,
  ];
}

/** Whether a model of two classes names the positive one first, so that its probabilities are to be exchanged when it is taken in. */
export const namesPositiveFirst = ({ classes: own }: Pick<GraphFacts, 'classes'>, space: LabelSpace): boolean =>
  space.task === 'binary' && codesOf(own, space)?.join('\0') === classCodes(space).toReversed().join('\0');

/** A model of numbers answers `prediction`. */
function numberFaults(outputs: readonly TensorSpec[]): string[] {
  const prediction = outputs.find(({ name }) => name === 'prediction');
  if (prediction === undefined)
    return [`it has no output "prediction", only ${shownNames(outputs.map(({ name }) => name))}: rename its output`];
  const { type, shape } = prediction;
  return [
    ...(type.startsWith('float') ? [] : [`its output "prediction" is of ${type}: it must be of float32 or float64`]),
    ...(shape.length === 1 || (shape.length === 2 && shape[1] === 1)
      ? []
      : [`its output "prediction" has ${shape.length} dimensions: it must be [rows] or [rows, 1]`]),
    ...fixedBatch(prediction),
  ];
}

/** A model of quantiles answers them too, a column a level. */
function quantileFaults(outputs: readonly TensorSpec[], { levels }: NumberSpace): string[] {
  if (levels === undefined) return [];
  const quantiles = outputs.find(({ name }) => name === 'quantiles');
  if (quantiles === undefined)
    return [`it has no output "quantiles", only ${shownNames(outputs.map(({ name }) => name))}: rename its output`];
  const { type, shape } = quantiles;
  return [
    ...(type.startsWith('float') ? [] : [`its output "quantiles" is of ${type}: it must be of float32 or float64`]),
    ...(shape.length === 2 && (shape[1] === null || shape[1] === levels.length)
      ? []
      : [
          `its output "quantiles" has shape [${shape.map((size) => size ?? 'rows').join(', ')}]: it must be [rows, ${levels.length}], for the levels ${levels.join(', ')}`,
        ]),
    ...fixedBatch(quantiles),
  ];
}

const fixedBatch = ({ name, shape }: TensorSpec): string[] =>
  typeof shape[0] === 'number'
    ? [`its output "${shownText(name)}" has the fixed batch size ${shape[0]}: export it with a dynamic first axis`]
    : [];

function inputFaults({ name, type, shape }: TensorSpec, { columns }: DatasetDefinition): string[] {
  const shown = `[${shape.map((size) => size ?? 'rows').join(', ')}]`;
  const faults: string[] = [];
  if (shape.length !== 2 || shape[1] !== 1)
    faults.push(`its input "${shownText(name)}" has shape ${shown}: a column is [rows, 1]`);
  else if (shape[0] !== null)
    faults.push(
      `its input "${shownText(name)}" has the fixed batch size ${shape[0]} (${shown}): export it with a dynamic first axis`,
    );
  if (type === 'float16') faults.push(`its input "${shownText(name)}" is float16: export it with float32 inputs`);
  const column = columns[name];
  const lacks = column === undefined || type === 'string' ? null : whatTypeLacks(type, column);
  if (lacks !== null) faults.push(`its input "${shownText(name)}" is of ${type}, and ${lacks}`);
  return faults;
}

function outputFaults(outputs: readonly TensorSpec[], space: ClassSpace): string[] {
  const faults = ['label', 'probabilities']
    .filter((wanted) => !outputs.some(({ name }) => name === wanted))
    .map((name) => `it has no output "${shownText(name)}", only ${shownNames(outputs.map(({ name }) => name))}`);
  const probabilities = outputs.find(({ name }) => name === 'probabilities');
  const width = probabilities?.shape[1] ?? null;
  const classes = space.classes.length;
  if (width !== null && width !== classes && !(classes === 2 && width === 1))
    faults.push(`its output "probabilities" has ${width} columns, and "${space.target}" has ${classes} labels`);
  if (probabilities !== undefined && !probabilities.type.startsWith('float'))
    faults.push(`its output "probabilities" is of ${probabilities.type}: it must be of float32 or float64`);
  for (const output of outputs)
    if (output.name === 'label' || output.name === 'probabilities') faults.push(...fixedBatch(output));
  return faults;
}

/** The output `label` must be able to say each label. */
function labelFaults(outputs: readonly TensorSpec[], space: ClassSpace): string[] {
  const { rule, target } = space;
  const type = outputs.find(({ name }) => name === 'label')?.type;
  if (type === undefined || type === 'string') return [];
  if (type === 'float16') return ['its output "label" is float16: export it as text, int64 or float32'];
  const unsaid = classCodes(space).filter((code) => !saysLabel(type, code, rule));
  return unsaid.length === 0
    ? []
    : [
        `its output "label" is of ${type}, which cannot say ${unsaid.join(' and ')}, as "${target}" (${rule.type}) does: export labels in the words of the data, or declare the target's type and labels`,
      ];
}

function saysLabel(type: NumericType, code: string, rule: CellRule): boolean {
  if (type === 'bool') return [true, false].some((value) => codeOf(value, rule) === code);
  const candidates = rule.type === 'boolean' ? [0, 1] : [Number(code)];
  return candidates.some((value) => holds(type, value) && codeOf(value, rule) === code);
}
