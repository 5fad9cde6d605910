import { BIGINT, BOOLEAN, DOUBLE, VARCHAR, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { numberOfHalf } from '../../codec/float16.ts';
import { shortestFloat32 } from '../../codec/float32-text.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { knownLabels, wordOf, type ClassSpace, type LabelSpace } from '../../contracts/data/label-space.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { freeName } from './connection.ts';

type Outputs = Readonly<Record<string, Tensor>>;

/** A column of what a model says, beside the columns of a file. */
export interface AnswerColumn {
  readonly name: string;
  readonly type: DuckDBType;
  /** Whether a value is an answer at all: a finite number, a probability in [0, 1], or what the target's labels are. */
  readonly isValid: (value: DuckDBValue | undefined) => boolean;
  /** Whether it is the probability of one of several labels, which add up to 1. */
  readonly isShare: boolean;
  /** Of each row of a pass, whose first is row `from` of the file; null where the model gives no such output. Throws `InvalidModelError`. */
  readonly read: (outputs: Outputs, rows: number, from: number) => DuckDBValue[];
}

/** What a model says of a row: the prediction, and by task the probability of the positive class, of each class, or quantiles. */
export function answerColumns(space: LabelSpace): AnswerColumn[] {
  if (space.kind === 'classes') return [labelColumn(space), ...probabilityColumns(space)];
  const levels = space.levels ?? [];
  return [
    numberColumn('prediction', 'prediction', isFinite, 0, [1]),
    ...levels.map((level, place) => numberColumn(`quantile_${level}`, 'quantiles', isFinite, place, [levels.length])),
  ];
}

const { isFinite } = Number;
const isShare = (value: number): boolean => value >= 0 && value <= 1;

const invalid = (message: string): PawlError => new PawlError(errorTypes.invalidModel, message);

function probabilityColumns({ task, classes }: ClassSpace): AnswerColumn[] {
  // Some models give the positive class alone.
  if (task === 'binary') return [numberColumn('probability', 'probabilities', isShare, -1, [1, 2])];
  const names: string[] = [];
  for (const { code } of classes) names.push(uniqueName(`probability_${code}`, names));
  return names.map((name, place) => numberColumn(name, 'probabilities', isShare, place, [classes.length]));
}

/** SQL takes names that differ by case alone for one. */
const uniqueName = (wanted: string, others: readonly string[]): string =>
  freeName(
    wanted,
    others.map((name) => ({ name, type: '' })),
  );

/** The number at a place of each row of an output of `widths`; a place below 0 counts from the end. */
function numberColumn(
  name: string,
  output: string,
  isValid: (value: number) => boolean,
  place: number,
  widths: readonly number[],
): AnswerColumn {
  return {
    name,
    type: DOUBLE,
    isValid: (value) => value === null || isValid(Number(value)),
    isShare: isValid === isShare,
    read(outputs, rows) {
      const tensor = outputs[output];
      if (tensor === undefined) return nothing(rows);
      const width = tensor.data.length / rows;
      if (!widths.includes(width))
        throw invalid(
          `the output "${output}" of the model has ${tensor.data.length} numbers for ${rows} rows, and ${widths.join(' or ')} a row are needed: release a version with such an output`,
        );
      const numberAt = numbersOf(tensor);
      return Array.from({ length: rows }, (_, row) => numberAt(row * width + (place < 0 ? width + place : place)));
    },
  };
}

/** As the gateway writes them. */
function numbersOf({ type, data }: Tensor): (at: number) => number {
  if (type === 'float16') return (at) => numberOfHalf(Number(data[at]));
  if (type === 'float32') return (at) => shortestFloat32(Number(data[at]));
  return (at) => Number(data[at]);
}

/** The label in the target's own words. */
const labelColumn = (space: ClassSpace): AnswerColumn => ({
  name: 'prediction',
  type: typeOf(space.rule),
  // `read` refuses others.
  isValid: () => true,
  isShare: false,
  read({ label }, rows, from) {
    if (label === undefined) return nothing(rows);
    const words = new Map<unknown, DuckDBValue>();
    return Array.from({ length: rows }, (_, row): DuckDBValue => {
      const value = label.data[row];
      let word = words.get(value);
      if (word === undefined) words.set(value, (word = labelWord(label.type, value, space, from + row)));
      return word;
    });
  },
});

function labelWord(
  type: Tensor['type'],
  value: string | number | bigint | undefined,
  space: ClassSpace,
  row: number,
): DuckDBValue {
  const word = wordOf(type === 'bool' ? value !== 0 : value, space);
  if (word !== null) return space.rule.type === 'integer' ? BigInt(word) : word;
  throw invalid(
    `the model answers the label ${JSON.stringify(shownText(String(value)))} in row ${row}, and "${space.target}" knows ${knownLabels(space)}: release a version with these labels`,
  );
}

const nothing = (rows: number): DuckDBValue[] => Array.from({ length: rows }, () => null);

function typeOf({ type }: LabelSpace['rule']): DuckDBType {
  switch (type) {
    case 'boolean':
      return BOOLEAN;
    case 'integer':
      return BIGINT;
    case 'number':
      return DOUBLE;
    case 'string':
    case 'timestamp':
      return VARCHAR;
  }
}
