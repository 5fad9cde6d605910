import { shownNames, shownText } from '../../../contracts/shown-text.ts';
import { codeOf } from '../../../contracts/data/cell.ts';
import type { ClassSpace, LabelSpace, LabelValue, NumberSpace } from '../../../contracts/data/label-space.ts';
import type { ModelDefinition } from '../../../contracts/model/model-definition.ts';
import { chosenBy, thresholdOf } from '../../../contracts/model/threshold.ts';
import { sameMembers } from '../../../contracts/model/signature-faults.ts';
import type { ModelProto } from '../proto.ts';
import type { DeclaredOutput } from './declared.ts';
import { makesProbabilities, ownClasses } from './own-classes.ts';
import type { ClassesPlan, LabelPlan, NumberPlan, OutputSource, ScoresPlan } from './plan.ts';
import { quoted, unknownName, type Planned } from './planned.ts';

/** Names that skl2onnx, onnxmltools and we give outputs. */
const labelNames: readonly string[] = ['label', 'output_label'];
const probabilityNames: readonly string[] = [
  'probabilities',
  'output_probability',
  'probabilities_tensor',
  'probability_tensor',
];
const logitNames: readonly string[] = ['logits'];
const valueNames: readonly string[] = ['prediction', 'variable'];
const quantileNames: readonly string[] = ['quantiles', 'variable'];

type Definition = Pick<ModelDefinition, 'signature' | 'threshold'>;
type Told = NonNullable<NonNullable<Definition['signature']>['outputs']>;

/** Says which outputs of the model hold what: as `signature` says, else by name, else the one that can hold it. */
export function planOutputs(
  model: ModelProto,
  outputs: readonly DeclaredOutput[],
  definition: Definition,
  space: LabelSpace,
): Planned<ClassesPlan | NumberPlan> {
  const told = definition.signature?.outputs ?? {};
  const names = outputs.map(({ name }) => name);
  const unknown = (['label', 'probabilities', 'logits', 'value'] as const).flatMap((key) => {
    const name = told[key];
    return name === undefined || names.includes(name)
      ? []
      : [unknownName(`signature.outputs.${key}`, 'output', name, names)];
  });
  if (unknown.length > 0) return { faults: unknown };
  return space.kind === 'numbers'
    ? planNumber(outputs, told, space)
    : planClasses(model, outputs, { ...definition, told }, space);
}

const isFloat = ({ type }: DeclaredOutput): boolean => type?.startsWith('float') ?? false;

const isNarrow = ({ shape }: DeclaredOutput): boolean =>
  shape === null || shape.length === 1 || (shape.length === 2 && (shape[1] === null || shape[1] === 1));

const hasColumns =
  (columns: number) =>
  ({ shape }: DeclaredOutput): boolean =>
    shape === null || (shape.length === 2 && (shape[1] === null || shape[1] === columns));

function planNumber(
  outputs: readonly DeclaredOutput[],
  told: Told,
  { task, levels }: NumberSpace,
): Planned<NumberPlan> {
  const [names, fits, form, what] =
    levels === undefined
      ? ([valueNames, isNarrow, '[rows] or [rows, 1]', 'one number'] as const)
      : ([
          quantileNames,
          hasColumns(levels.length),
          `[rows, ${levels.length}], a column a level`,
          `${levels.length} quantiles`,
        ] as const);
  const numbers = outputs.filter((output) => output.type !== 'string' && output.type !== null && !output.isZipMap);
  const known = numbers.filter((output) => names.includes(output.name));
  const fitting = numbers.filter((output) => isFloat(output) && fits(output));
  const found =
    told.value === undefined ? (onlyOne(known) ?? onlyOne(fitting)) : outputs.find(({ name }) => name === told.value);
  if (found === undefined)
    return {
      faults: [
        `which of its outputs ${quoted(outputs)} holds the ${what} that task ${task} predicts cannot be told: write it as signature.outputs.value, or correct the task`,
      ],
    };
  const { type } = found;
  if (type === null || type === 'string' || type === 'bool' || found.isZipMap)
    return {
      faults: [
        `its output "${shownText(found.name)}" is not a tensor of numbers: name another as signature.outputs.value`,
      ],
    };
  if (!fits(found))
    return {
      faults: [
        `its output "${shownText(found.name)}" has shape ${shown(found)}, and task ${task} predicts ${what} a row: export it as ${form}, or name another as signature.outputs.value`,
      ],
    };
  const guess =
    told.value !== undefined ? null : names.includes(found.name) ? 'its name' : `the only output of ${what} a row`;
  return { plan: { kind: 'numbers', ...sourceOf(found, type, guess), levels: levels ?? null } };
}

const sourceOf = ({ name, value }: DeclaredOutput, type: OutputSource['type'], guess: string | null): OutputSource => ({
  output: name,
  value,
  type,
  guess,
});

const onlyOne = <T>(some: readonly T[]): T | undefined => (some.length === 1 ? some[0] : undefined);

const shown = ({ shape }: DeclaredOutput): string => `[${(shape ?? []).map((size) => size ?? 'rows').join(', ')}]`;

function planClasses(
  model: ModelProto,
  outputs: readonly DeclaredOutput[],
  definition: Definition & { told: Told },
  space: ClassSpace,
): Planned<ClassesPlan> {
  const { told } = definition;
  const chooses = chosenBy(definition, space);
  if (told.label !== undefined && chooses !== null)
    return {
      faults: [`signature.outputs.label: "${chooses}" chooses the label by the probabilities: leave one of them out`],
    };
  const scores = planScores(model, outputs, told, space);
  if ('faults' in scores) return scores;
  const label = outputs.find(({ name }) =>
    told.label === undefined ? labelNames.includes(name) : name === told.label,
  );
  if (label !== undefined && (label.type === null || label.isZipMap))
    return {
      faults: [
        `its output "${shownText(label.name)}" is not a tensor of labels: name another as signature.outputs.label`,
      ],
    };
  const source = outputs.find(({ name }) => name === scores.plan.output);
  const named = ownClasses(model, label, source, space.classes.length);
  const own = orderOf(named, told, space);
  if ('faults' in own) return own;
  const codes = own.plan.map((value) => codeOf(value, space.rule));
  return {
    plan: {
      kind: 'classes',
      scores: scores.plan,
      label: label === undefined || chooses !== null ? null : planLabel(label, named, codes, told, space),
      threshold: space.task === 'binary' ? thresholdOf(definition, space) : null,
      utility: space.task === 'multiclass' ? (space.utility ?? null) : null,
      own: own.plan,
      orderGuess: named === null && told.classes === undefined ? "the definition's order" : null,
      order: space.classes.map(({ code }) => codes.indexOf(code)),
    },
  };
}

function planScores(
  { graph }: ModelProto,
  outputs: readonly DeclaredOutput[],
  told: Told,
  space: ClassSpace,
): Planned<ScoresPlan> {
  const byName = (names: readonly string[]) => outputs.filter(({ name }) => names.includes(name));
  const others = outputs.filter((output) => isFloat(output) && output.name !== told.label);
  const toldName = told.probabilities ?? told.logits;
  const found =
    toldName === undefined
      ? (onlyOne(byName(probabilityNames)) ??
        onlyOne(outputs.filter(({ isZipMap }) => isZipMap)) ??
        onlyOne(byName(logitNames)) ??
        onlyOne(others))
      : outputs.find(({ name }) => name === toldName);
  if (found === undefined)
    return {
      faults: [
        others.length === 0
          ? `it has no output of probabilities or logits, only ${shownNames(outputs.map(({ name }) => name))}: export a classifier with probabilities`
          : `which of its outputs ${quoted(others)} holds the probabilities cannot be told: write it as signature.outputs.probabilities or signature.outputs.logits (skl2onnx: do not use zipmap='columns')`,
      ],
    };
  const { name, shape, type, isZipMap } = found;
  if (type === null || !isFloat(found))
    return {
      faults: [
        `its output "${shownText(name)}" is ${type === null ? 'not a tensor that Pawl reads' : `of ${type}`}: name an output of floats as signature.outputs.probabilities`,
      ],
    };
  if (shape !== null && shape.length !== 1 && shape.length !== 2)
    return { faults: [`its output "${shownText(name)}" has shape ${shown(found)}: export it as [rows, classes]`] };
  const classes = space.classes.length;
  const width = shape?.length === 1 ? 1 : (shape?.[1] ?? classes);
  if (width !== classes && !(classes === 2 && width === 1))
    return {
      faults: [
        `its output "${shownText(name)}" has ${width} column${width === 1 ? '' : 's'}, and "${space.target}" has ${classes} labels: correct the labels, or name another output as signature.outputs.probabilities`,
      ],
    };
  return { plan: { ...sourceOf(found, type, null), ...kindOf(), isZipMap, width } };

  function kindOf(): Pick<ScoresPlan, 'kind' | 'guess'> {
    if (told.probabilities !== undefined) return { kind: 'probabilities', guess: null };
    if (told.logits !== undefined) return { kind: 'logits', guess: null };
    if (isZipMap) return { kind: 'probabilities', guess: 'its ZipMap' };
    if (probabilityNames.includes(name)) return { kind: 'probabilities', guess: 'its name' };
    if (logitNames.includes(name)) return { kind: 'logits', guess: 'its name' };
    return makesProbabilities(graph, found?.value ?? '')
      ? { kind: 'probabilities', guess: 'it ends in a softmax, a sigmoid or a classifier' }
      : {
          kind: 'logits',
          guess: 'it does not end in a softmax or a sigmoid; otherwise write signature.outputs.probabilities',
        };
  }
}

/** Labels of the target in the model's order. */
function orderOf(named: readonly string[] | null, told: Told, space: ClassSpace): Planned<readonly LabelValue[]> {
  const { classes, rule, target } = space;
  const valuesOf = (codes: readonly string[]): LabelValue[] =>
    codes.flatMap((code) => classes.filter((one) => one.code === code).map(({ value }) => value));
  const known = classes.map(({ code }) => code);
  const own = named?.map((label) => codeOf(label, rule)) ?? null;
  const wanted = told.classes?.map((label) => codeOf(label, rule)) ?? null;
  if (own === null) return { plan: valuesOf(wanted ?? known) };
  if (sameMembers(own, known)) {
    if (wanted === null || wanted.join('\0') === own.join('\0')) return { plan: valuesOf(own) };
    return {
      faults: [
        `its classes are ${shownNames(own)}, and signature.outputs.classes are ${shownNames(wanted)}: leave them out, the model names its own`,
      ],
    };
  }
  const words = `its classes are ${shownNames(own)}, and the labels of "${target}" are ${shownNames(known)}`;
  if (own.length !== known.length) return { faults: [`${words}: correct the labels, or export another model`] };
  return wanted === null
    ? {
        faults: [
          `${words}: write in signature.outputs.classes which label each of its classes is, in its order, such as [${shownNames(known)}]`,
        ],
      }
    : { plan: valuesOf(wanted) };
}

/** The model's own label where it says words of the target, or numbers that its classes translate; null where it is made from the scores. */
function planLabel(
  label: DeclaredOutput,
  named: readonly string[] | null,
  codes: readonly string[],
  told: Told,
  { rule }: ClassSpace,
): LabelPlan | null {
  const { type } = label;
  if (type === null) return null;
  const source = sourceOf(label, type, told.label === undefined ? 'its name' : null);
  if (named === null) return told.classes === undefined ? { ...source, numbers: null } : null;
  if (named.every((one, i) => codeOf(one, rule) === codes[i])) return { ...source, numbers: null };
  const areNumbers = type !== 'string' && named.every((one) => /^-?\d{1,15}$/.test(one));
  return areNumbers ? { ...source, numbers: named.map(BigInt) } : null;
}
