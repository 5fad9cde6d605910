import { codeOf, isMissing, type Cell, type CellRule } from './cell.ts';
import type { DatasetDefinition } from './dataset.ts';
import { PawlError } from '../errors.ts';
import type { ModelDefinition } from '../model/model-definition.ts';
import { errorTypes } from '../names.ts';

/** A label in the words of the target: text, number or boolean by its declared type. */
export type LabelValue = string | number | boolean;

/** One of the two classes that a binary model tells apart. */
export interface LabelClass {
  readonly value: LabelValue;
  /** The value as `codeOf` writes it: equal labels have equal codes. */
  readonly code: string;
}

/** The two labels of a target; every probability is of the positive one. */
export interface Classes {
  readonly target: string;
  readonly rule: CellRule;
  readonly negative: LabelClass;
  readonly positive: LabelClass;
}

/** What a label says: one of the classes, nothing yet, or no label of this target. */
export type LabelMeaning = 'negative' | 'positive' | 'missing' | 'unknown';

/**
 * The classes that a definition names: `positive`, and `negative` or else the other one of two allowed codes, of true and false, or of 0
 * and 1. Throws `InvalidConfigError` where that leaves a class open.
 */
export function classesOf(
  { model, positive, negative }: Pick<ModelDefinition, 'model' | 'positive' | 'negative'>,
  { dataset, target, columns }: Pick<DatasetDefinition, 'dataset' | 'target' | 'columns'>,
): Classes {
  const column = columns[target];
  const wrong = (reason: string): PawlError =>
    new PawlError(errorTypes.invalidConfig, `model "${model}": ${reason}`, { model, target });
  if (column === undefined) throw wrong(`dataset "${dataset}" has no column "${target}", its target: correct "target"`);
  const labelOf = (key: string, value: LabelValue): LabelClass => {
    if (isMissing(String(value), column))
      throw wrong(
        `${key}: ${JSON.stringify(value)} means "missing" in "${target}": take it out of "missing", or correct it`,
      );
    const code = codeOf(value, column);
    const typed = typedLabel(code, column);
    if (typed !== null) return { value: typed, code };
    throw wrong(
      `${key}: ${JSON.stringify(value)} is not a label of type ${column.type}: correct it, or the type of "${target}"`,
    );
  };
  const yes = labelOf('positive', positive);
  const allowed = column.allowed?.map((code) => codeOf(code, column));
  const known = allowed === undefined ? '' : `; "${target}" allows ${allowed.join(', ')}`;
  if (allowed !== undefined && !allowed.includes(yes.code))
    throw wrong(
      `positive: ${JSON.stringify(positive)} is not a label of the target${known}: set "positive" to one of them`,
    );
  const other = negative ?? otherLabel(yes.code, column.type, allowed);
  if (other === null)
    throw wrong(
      `"negative" is missing: name the label that the model answers when it is not ${JSON.stringify(positive)}${known}`,
    );
  const no = labelOf('negative', other);
  if (no.code === yes.code)
    throw wrong(`positive and negative are the same label ${JSON.stringify(positive)}: name two`);
  if (allowed !== undefined && !allowed.includes(no.code))
    throw wrong(
      `negative: ${JSON.stringify(negative)} is not a label of the target${known}: set "negative" to one of them`,
    );
  return { target, rule: column, negative: no, positive: yes };
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

/** What a label of any source means. */
export function meaningOf(label: Cell, classes: Classes): LabelMeaning {
  const code = codeOf(label, classes.rule);
  if (code === '') return 'missing';
  if (code === classes.positive.code) return 'positive';
  return code === classes.negative.code ? 'negative' : 'unknown';
}

/** A model's label in the target's own words: 1 is true where labels are true and false. Null where it is none of the classes. */
export function wordOf(label: Cell, classes: Classes): LabelValue | null {
  const meaning = meaningOf(label, classes);
  return meaning === 'positive' || meaning === 'negative' ? classes[meaning].value : null;
}

/** The labels that are known, for a message: `no and yes`. */
export const knownLabels = ({ negative, positive }: Classes): string => `${negative.code} and ${positive.code}`;
