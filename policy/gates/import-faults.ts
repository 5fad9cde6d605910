import { codeOf, type CellRule } from '../../contracts/data/cell.ts';
import { classesOf, type Classes } from '../../contracts/data/classes.ts';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { Signature, TensorSpec } from '../../contracts/data/tensor.ts';
import type { GraphFacts } from '../../ml/onnx/examine.ts';
import { holds, whatTypeLacks, type NumericType } from './input-types.ts';

/** Why a model file must not even be loaded: ONNX Runtime would read the other files itself, from the folder of the process. */
export const externalFaults = ({ external }: GraphFacts): string[] =>
  external.length === 0
    ? []
    : [
        `${external.length} of its tensors lie in another file (${external.slice(0, 3).join(', ')}): save it with all weights inside`,
      ];

/** Why a model from elsewhere cannot be judged or served for a definition, a sentence each; empty where it can. */
export function importFaults(
  { inputs, outputs }: Signature,
  { classes: own }: GraphFacts,
  definition: ModelDefinition,
  dataset: DatasetDefinition,
): string[] {
  const { features } = definition;
  const names = inputs.map(({ name }) => name);
  const faults = [
    ...features.filter((name) => !names.includes(name)).map((name) => `it has no input "${name}"`),
    ...names
      .filter((name) => !features.includes(name))
      .map((name) => `its input "${name}" is not a feature of the definition`),
    ...inputs.filter(({ name }) => features.includes(name)).flatMap((input) => inputFaults(input, dataset)),
    ...outputFaults(outputs),
  ];
  const classes = classesOf(definition, dataset);
  faults.push(...labelFaults(outputs, classes));
  const codes = codesOf(own, classes);
  const wanted = [classes.negative.code, classes.positive.code];
  if (codes === null || codes.join('\0') === wanted.join('\0')) return faults;
  if (codes.toReversed().join('\0') !== wanted.join('\0'))
    faults.push(
      `its classes are ${codes.join(', ')}, and the definition's labels are ${wanted.join(' and ')}: correct positive and negative, or export another model`,
    );
  else if (outputs.some(({ name, shape }) => name === 'probabilities' && shape[1] === 1))
    faults.push(
      `its classes are ${codes.join(', ')}, so its one probability is of ${codes.at(-1)}, and the definition's positive label is ${classes.positive.code}: exchange positive and negative, or export both probabilities`,
    );
  return faults;
}

const codesOf = (own: GraphFacts['classes'], { rule }: Classes): string[] | null =>
  own?.map((label) => codeOf(label, rule)) ?? null;

/** Whether a model names its classes with the positive one first, so that its probabilities are to be exchanged when it is taken in. */
export const namesPositiveFirst = ({ classes: own }: Pick<GraphFacts, 'classes'>, classes: Classes): boolean =>
  codesOf(own, classes)?.join('\0') === [classes.positive.code, classes.negative.code].join('\0');

function inputFaults({ name, type, shape }: TensorSpec, { columns }: DatasetDefinition): string[] {
  const shown = `[${shape.map((size) => size ?? 'rows').join(', ')}]`;
  const faults: string[] = [];
  if (shape.length !== 2 || shape[1] !== 1)
    faults.push(`its input "${name}" has shape ${shown}: a column is [rows, 1]`);
  else if (shape[0] !== null)
    faults.push(
      `its input "${name}" has the fixed batch size ${shape[0]} (${shown}): export it with a dynamic first axis`,
    );
  if (type === 'float16') faults.push(`its input "${name}" is float16: export it with float32 inputs`);
  const column = columns[name];
  const lacks = column === undefined || type === 'string' ? null : whatTypeLacks(type, column);
  if (lacks !== null) faults.push(`its input "${name}" is of ${type}, and ${lacks}`);
  return faults;
}

function outputFaults(outputs: readonly TensorSpec[]): string[] {
  const faults = ['label', 'probabilities']
    .filter((wanted) => !outputs.some(({ name }) => name === wanted))
    .map((name) => `it has no output "${name}", only ${outputs.map((output) => output.name).join(', ')}`);
  const probabilities = outputs.find(({ name }) => name === 'probabilities');
  const width = probabilities?.shape[1] ?? null;
  if (width !== null && width !== 1 && width !== 2)
    faults.push(`its output "probabilities" has ${width} columns: Pawl judges two classes`);
  if (probabilities !== undefined && !probabilities.type.startsWith('float'))
    faults.push(`its output "probabilities" is of ${probabilities.type}: it must be of float32 or float64`);
  for (const { name, shape } of outputs)
    if ((name === 'label' || name === 'probabilities') && typeof shape[0] === 'number')
      faults.push(`its output "${name}" has the fixed batch size ${shape[0]}: export it with a dynamic first axis`);
  return faults;
}

/** The output `label` must be able to say both labels. */
function labelFaults(outputs: readonly TensorSpec[], { negative, positive, rule, target }: Classes): string[] {
  const type = outputs.find(({ name }) => name === 'label')?.type;
  if (type === undefined || type === 'string') return [];
  if (type === 'float16') return ['its output "label" is float16: export it as text, int64 or float32'];
  const unsaid = [negative.code, positive.code].filter((code) => !saysLabel(type, code, rule));
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
