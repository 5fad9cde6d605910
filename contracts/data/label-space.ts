import { utilityMatrix, type UtilityMatrix } from './utility-matrix.ts';
import { codeOf, float32Limit, isMissing, numberText, type Cell, type CellRule } from './cell.ts';
import type { DatasetDefinition } from './dataset.ts';
import { PawlError } from '../errors.ts';
import type { ModelDefinition } from '../model/model-definition.ts';
import { taskOf, taskRules, type TaskKeys } from '../model/task.ts';
import type { TaskName } from '../model/tasks/names.ts';
import { defaultLevels } from '../model/tasks/quantile.ts';
import { errorTypes } from '../names.ts';

/** A label in the words of the target: text, number or boolean by its declared type. */
export type LabelValue = string | number | boolean;

/** One of the classes that a model tells apart. */
export interface LabelClass {
  readonly value: LabelValue;
  /** The value as `codeOf` writes it: equal labels have equal codes. */
  readonly code: string;
}

interface OfTarget {
  readonly task: TaskName;
  readonly target: string;
  readonly rule: CellRule;
}

/** LabelSpace that are one of several classes: of a binary task the negative and the positive one, in this order. */
export interface ClassSpace extends OfTarget {
  readonly kind: 'classes';
  readonly classes: readonly LabelClass[];
  /** Of a definition that says what answers are worth. */
  readonly utility?: UtilityMatrix;
}

/** LabelSpace that are numbers. */
export interface NumberSpace extends OfTarget {
  readonly kind: 'numbers';
  /** Of a task of quantiles: the levels that a model answers, ascending. */
  readonly levels?: readonly number[];
  /** Of a ranking whose target declares `max`: the greatest grade. @default `greatestGrade` */
  readonly most?: number;
  /** Of a definition that says what errors cost, for each unit too high and too low. */
  readonly costs?: NonNullable<ModelDefinition['costs']>;
}

/** Of a ranking whose target declares no `max`: a greater grade would be all that counts of its query. */
const greatestGrade = 100;

/** What a label of a model's target may be. In computations a label is a number: the index of its class, or itself. */
export type LabelSpace = ClassSpace | NumberSpace;

type Definition = Pick<ModelDefinition, 'model'> & Partial<Pick<ModelDefinition, 'utility' | 'costs'>> & TaskKeys;
type Dataset = Pick<DatasetDefinition, 'dataset' | 'target' | 'columns'>;

/**
 * What the definitions say of labels. Of a binary task: `positive` (or 1), and `negative` or else the other one of two allowed codes, of true and
 * false, or of 0 and 1. Of several classes: the allowed codes of the target, in their order. Throws `InvalidConfigError` where that leaves a class open.
 */
export function labelSpaceOf(definition: Definition, dataset: Dataset): LabelSpace {
  const { target } = dataset;
  const column = dataset.columns[target];
  const wrong: Wrong = (reason) =>
    new PawlError(errorTypes.invalidConfig, `model "${definition.model}": ${reason}`, {
      model: definition.model,
      target,
    });
  if (column === undefined)
    throw wrong(`dataset "${dataset.dataset}" has no column "${target}", its target: correct "target"`);
  const task = taskOf(definition, dataset);
  const of = { task, target, rule: column };
  if (taskRules[task].labels === 'numbers') {
    if (column.type !== 'number' && column.type !== 'integer')
      throw wrong(
        `task ${task} predicts a number, and "${target}" is of type ${column.type}: correct the type, or the task`,
      );
    const { quantile = defaultLevels, costs } = definition;
    return {
      kind: 'numbers',
      ...of,
      ...(task === 'quantile' ? { levels: quantile } : {}),
      ...(task === 'ranking' && column.max !== undefined ? { most: column.max } : {}),
      ...(costs === undefined ? {} : { costs }),
    };
  }
  const allowed = column.allowed?.map((code) => codeOf(code, column));
  const classes =
    task === 'binary' ? twoClasses(definition, of, allowed, wrong) : allowedClasses(of, allowed ?? [], wrong);
  if (definition.utility === undefined) return { kind: 'classes', ...of, classes };
  const utility = utilityMatrix(
    definition.utility,
    classes.map(({ code }) => code),
    column,
  );
  if ('fault' in utility) throw wrong(utility.fault);
  return { kind: 'classes', ...of, classes, utility };
}

type Wrong = (reason: string) => PawlError;

/** Evidence has a row of numbers for each label, and a number for each pair. */
const mostClasses = 1_000;

function labelClass(key: string, value: LabelValue, { target, rule }: OfTarget, wrong: Wrong): LabelClass {
  if (isMissing(String(value), rule))
    throw wrong(
      `${key}: ${JSON.stringify(value)} means "missing" in "${target}": take it out of "missing", or correct it`,
    );
  const code = codeOf(value, rule);
  const typed = typedLabel(code, rule);
  if (typed !== null) return { value: typed, code };
  throw wrong(
    `${key}: ${JSON.stringify(value)} is not a label of type ${rule.type}: correct it, or the type of "${target}"`,
  );
}

function twoClasses(
  { positive: told, negative }: Definition,
  of: OfTarget,
  allowed: readonly string[] | undefined,
  wrong: Wrong,
): LabelClass[] {
  const { target, rule } = of;
  const positive = told ?? 1;
  const yes = labelClass('positive', positive, of, wrong);
  const known = allowed === undefined ? '' : `; "${target}" allows ${allowed.join(', ')}`;
  if (told === undefined && allowed !== undefined && !allowed.includes(yes.code))
    throw wrong(`"positive" is missing: name the label that counts as positive${known}`);
  if (allowed !== undefined && !allowed.includes(yes.code))
    throw wrong(
      `positive: ${JSON.stringify(positive)} is not a label of the target${known}: set "positive" to one of them`,
    );
  const other = negative ?? otherLabel(yes.code, rule.type, allowed);
  if (other === null)
    throw wrong(
      `"negative" is missing: name the label that the model answers when it is not ${JSON.stringify(positive)}${known}`,
    );
  const no = labelClass('negative', other, of, wrong);
  if (no.code === yes.code)
    throw wrong(`positive and negative are the same label ${JSON.stringify(positive)}: name two`);
  if (allowed !== undefined && !allowed.includes(no.code))
    throw wrong(
      `negative: ${JSON.stringify(negative)} is not a label of the target${known}: set "negative" to one of them`,
    );
  return [no, yes];
}

function allowedClasses(of: OfTarget, allowed: readonly string[], wrong: Wrong): LabelClass[] {
  const codes = [...new Set(allowed)];
  if (codes.length < 2)
    throw wrong(
      `task ${of.task} needs the labels: list them as "allowed" of "${of.target}", in the order of the model's probabilities`,
    );
  if (codes.length > mostClasses)
    throw wrong(
      `task ${of.task} tells at most ${mostClasses} labels apart, and "${of.target}" allows ${codes.length}: join rare labels`,
    );
  return codes.map((code) => labelClass('allowed', code, of, wrong));
}

/** Null where the code cannot be a label of the type. */
function typedLabel(code: string, { type }: CellRule): LabelValue | null {
  switch (type) {
    case 'string':
      return code === '' ? null : code;
    case 'boolean':
      return code === 'true' || code === 'false' ? code === 'true' : null;
    case 'integer':
      return /^-?\d+$/.test(code) && Number.isSafeInteger(Number(code)) ? Number(code) : null;
    case 'number':
      return code !== '' && Number.isFinite(Number(code)) ? Number(code) : null;
    case 'timestamp':
      return null;
  }
}

function otherLabel(
  positive: string,
  type: CellRule['type'],
  allowed: readonly string[] | undefined,
): LabelValue | null {
  const pair = allowed ?? (type === 'boolean' ? ['true', 'false'] : type === 'string' ? [] : ['0', '1']);
  const others = pair.filter((code) => code !== positive);
  return pair.length === 2 && others.length === 1 ? (others[0] ?? null) : null;
}

/** A label of any source in computations; `missing` where there is none yet, `unknown` where it is not a label of the target. */
export function readLabel(label: Cell, space: LabelSpace): number | 'missing' | 'unknown' {
  const code = codeOf(label, space.rule);
  if (code === '') return 'missing';
  if (space.kind === 'classes') {
    const index = space.classes.findIndex((one) => one.code === code);
    return index < 0 ? 'unknown' : index;
  }
  const value = Number(code);
  const { least, most } = labelRange(space);
  return value >= least && value <= most && Math.abs(value) < float32Limit ? value : 'unknown';
}

/** What labels that are numbers lie in, as far as float32 holds them. */
export const labelRange = ({ task, most = greatestGrade }: NumberSpace): { least: number; most: number } =>
  task === 'ranking' ? { least: 0, most } : { least: -Infinity, most: Infinity };

/**
 * What a model predicts in the target's own words: 1 is true where labels are true and false. A number is any finite one: what labels may be, such as
 * grades, binds no prediction. Null where it is not an answer of the task.
 */
export function wordOf(predicted: Cell, space: LabelSpace): LabelValue | null {
  if (space.kind === 'numbers') return typeof predicted === 'number' && Number.isFinite(predicted) ? predicted : null;
  const found = readLabel(predicted, space);
  return typeof found === 'number' ? valueOf(found, space) : null;
}

/** What a label in computations is in the target's own words. */
export const valueOf = (label: number, space: LabelSpace): LabelValue =>
  space.kind === 'numbers' ? label : (space.classes[label]?.value ?? String(label));

/** What a label in computations is as a code: equal labels have equal codes. */
export const codeOfLabel = (label: number, space: LabelSpace): string =>
  space.kind === 'numbers' ? numberText(label) : (space.classes[label]?.code ?? String(label));

/** The labels that are known, for a message: `no and yes`, `grades from 0 to 4`. */
export function knownLabels(space: LabelSpace): string {
  if (space.kind === 'numbers')
    return space.task === 'ranking'
      ? `grades from 0 to ${labelRange(space).most}`
      : `numbers below ${float32Limit.toPrecision(4)}, what float32 can hold`;
  const codes = space.classes.map(({ code }) => code);
  return codes.length === 2 ? codes.join(' and ') : codes.join(', ');
}

/** The code of the positive label of a binary task; null of other tasks. */
export const positiveCode = (space: LabelSpace): string | null =>
  space.task === 'binary' && space.kind === 'classes' ? (space.classes[1]?.code ?? null) : null;

/** Codes of the labels that are classes; none where labels are numbers. */
export const classCodes = (space: LabelSpace): string[] =>
  space.kind === 'classes' ? space.classes.map(({ code }) => code) : [];
