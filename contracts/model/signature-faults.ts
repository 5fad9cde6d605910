import { codeOf } from '../data/cell.ts';
import type { ClassSpace, LabelSpace, NumberSpace } from '../data/label-space.ts';
import type { ModelSignature } from './signature.ts';

type Outputs = NonNullable<ModelSignature['outputs']>;

/** What contradicts the definition in `signature`, a sentence each. */
export function signatureFaults(
  signature: ModelSignature | undefined,
  features: readonly string[],
  space: LabelSpace,
): string[] {
  const { inputs, outputs = {} } = signature ?? {};
  return [
    ...(inputs === undefined ? [] : inputFaults(inputs, features)),
    ...(space.kind === 'numbers' ? numberFaults(outputs, space) : classFaults(outputs, space)),
  ];
}

function inputFaults(inputs: NonNullable<ModelSignature['inputs']>, features: readonly string[]): string[] {
  const names = inputs.map(({ name }) => name);
  const mapped = inputs.flatMap(({ columns }) => columns);
  return [
    ...repeated(names).map((name) => `signature.inputs: "${name}" is listed twice: write its columns in one list`),
    ...[...new Set(mapped)]
      .filter((name) => !features.includes(name))
      .map((name) => `signature.inputs: "${name}" is not a feature: list it in "features", or leave it out`),
    ...repeated(mapped).map((name) => `signature.inputs: feature "${name}" is mapped twice: leave one out`),
    ...features
      .filter((name) => !mapped.includes(name))
      .map((name) => `signature.inputs: feature "${name}" is mapped to no input: add it to the columns of one`),
  ];
}

const foreign = (outputs: Outputs, keys: readonly (keyof Outputs)[], task: string, instead: string): string[] =>
  keys
    .filter((key) => outputs[key] !== undefined)
    .map((key) => `signature.outputs.${key} says nothing of task ${task}: ${instead}`);

const numberFaults = (outputs: Outputs, { task }: NumberSpace): string[] =>
  foreign(outputs, ['label', 'probabilities', 'logits', 'classes'], task, 'write value, or correct the task');

function classFaults(outputs: Outputs, space: ClassSpace): string[] {
  const faults = foreign(outputs, ['value'], space.task, 'write probabilities or logits, or correct the task');
  if (outputs.probabilities !== undefined && outputs.logits !== undefined)
    faults.push('signature.outputs: probabilities and logits are both named: leave one out');
  const codes = outputs.classes?.map((label) => codeOf(label, space.rule));
  const known = space.classes.map(({ code }) => code);
  if (codes !== undefined && !sameMembers(codes, known))
    faults.push(
      `signature.outputs.classes are ${codes.join(', ')}, and the labels of "${space.target}" are ${known.join(', ')}: list each of them once, in the model's order`,
    );
  return faults;
}

const repeated = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name, i) => names.indexOf(name) !== i)),
];

/** Whether two lists have the same members, each once, in any order. */
export const sameMembers = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && new Set(some).size === some.length && some.every((one) => others.includes(one));
