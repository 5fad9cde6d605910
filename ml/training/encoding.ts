import { codeOf, numberText } from '../../contracts/data/cell.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import type { Column } from '../../contracts/data/dataset.ts';
import type { SettingsOf } from '../../contracts/model/trainer.ts';
import { errorTypes } from '../../contracts/names.ts';
import { drawnIn, fitTails, type Tails } from './tails.ts';

export interface Feature {
  readonly name: string;
  readonly column: Column;
}

/** A missing number becomes the mean; then `(value - mean) / deviation`. All in float32, as the exported graph computes. */
export interface NumericEncoding {
  readonly name: string;
  /** Of a number with long tails, which is drawn in first; the mean and the deviation are those of the result. */
  readonly tails: Tails | null;
  readonly mean: number;
  readonly deviation: number;
  /** Training rows lack it: a further column is 1 where it is missing, else 0. */
  readonly marked: boolean;
}

/** Code `codes[i]` has slot `i + 1`; slot 0 is for unknown codes and missing values. */
export interface CategoryEncoding {
  readonly name: string;
  readonly codes: readonly string[];
}

/** How raw columns become numbers, fitted on the training rows. */
export interface Encoding {
  /** Raw columns in the order of the definition: the inputs of the exported model. */
  readonly inputs: readonly { readonly name: string; readonly type: 'string' | 'float32' }[];
  readonly numeric: readonly NumericEncoding[];
  readonly oneHot: readonly CategoryEncoding[];
  readonly embedded: readonly CategoryEncoding[];
  /** Width of an embedded column; 0 without any. */
  readonly embedWidth: number;
}

/** Encoded rows. Slots are counted through all columns of a group: column j starts where column j - 1 ends. */
export interface EncodedRows {
  readonly rows: number;
  /** `[rows, numericWidth]`: the numbers, then the marks of missing ones. */
  readonly numeric: Float32Array;
  /** `[rows, one-hot columns]`, the one slot that is 1 in each column. */
  readonly oneHot: Int32Array;
  /** `[rows, embedded columns]`, the row of the table. */
  readonly embedded: Int32Array;
}

/** Settings of a trainer that say how columns enter. */
type EncodingSettings = Partial<Pick<SettingsOf<'network'>, 'tails' | 'encoding'>>;

/**
 * Fits means, population standard deviations and vocabularies on the training rows. A vocabulary is the column's allowed codes
 * and those that were seen, sorted. A column is a step. Throws `InvalidConfigError` for a feature that is neither numeric nor categorical, and
 * `InvalidDataError` for one that the frame lacks.
 */
export function* fitEncoding(
  features: readonly Feature[],
  frame: Frame,
  { encoding = 'oneHot', tails = 'keep' }: EncodingSettings = {},
): Generator<void, Encoding, void> {
  const embedWidth = encoding === 'oneHot' ? 0 : encoding.embed;
  const numeric: NumericEncoding[] = [];
  const oneHot: CategoryEncoding[] = [];
  const embedded: CategoryEncoding[] = [];
  for (const { name, column } of features) {
    const data = columnOf(frame, name);
    if (column.kind === 'numeric') numeric.push(fitNumeric(name, numbersOf(data), tails));
    else if (column.kind === 'categorical') {
      const codes = fitCodes(column, textsOf(data));
      (embedWidth > 0 && codes.length > embedWidth ? embedded : oneHot).push({ name, codes });
    } else throw unusable(name, `is of kind "${column.kind}"; features are numeric or categorical`);
    yield;
  }
  const inputs = features.map(({ name, column }) => ({
    name,
    type: column.kind === 'numeric' ? ('float32' as const) : ('string' as const),
  }));
  return { inputs, numeric, oneHot, embedded, embedWidth: embedded.length > 0 ? embedWidth : 0 };
}

/** Most codes of a feature that evidence keeps. */
export const mostKeptCodes = 10_000;

/** Codes by categorical feature that a model of the frame tells apart, as `fitEncoding` takes them; features with too many are left out. */
export function fittedCodes(features: readonly Feature[], frame: Frame): Record<string, string[]> {
  const found = features.flatMap(({ name, column }): [string, string[]][] => {
    if (column.kind !== 'categorical') return [];
    const codes = fitCodes(column, textsOf(columnOf(frame, name)));
    return codes.length > mostKeptCodes ? [] : [[name, codes]];
  });
  return Object.fromEntries(found);
}

/** Encodes a frame as the exported graph would, a column a step. Throws `InvalidDataError` for a column that the frame lacks. */
export function* encodeRows(encoding: Encoding, frame: Frame): Generator<void, EncodedRows, void> {
  const rows = frame.rowCount;
  const width = numericWidth(encoding);
  const numeric = new Float32Array(rows * width);
  let mark = encoding.numeric.length;
  for (const [index, { name, tails, mean, deviation, marked }] of encoding.numeric.entries()) {
    const values = numbersOf(columnOf(frame, name));
    for (let row = 0; row < rows; row++) {
      const value = drawnIn(tails, Math.fround(values[row] ?? Number.NaN));
      const isMissing = Number.isNaN(value);
      numeric[row * width + index] = Math.fround((isMissing ? mean : value) - mean) / deviation;
      if (marked && isMissing) numeric[row * width + mark] = 1;
    }
    if (marked) mark++;
    yield;
  }
  const oneHot = yield* slots(encoding.oneHot, frame);
  return { rows, numeric, oneHot, embedded: yield* slots(encoding.embedded, frame) };
}

/** Numbers of a row, and marks of missing ones. */
export const numericWidth = ({ numeric }: Pick<Encoding, 'numeric'>): number =>
  numeric.length + numeric.filter(({ marked }) => marked).length;

/** Number of slots of a group of columns, unknown ones included. */
export function slotCount(columns: readonly CategoryEncoding[]): number {
  return columns.reduce((sum, { codes }) => sum + codes.length + 1, 0);
}

/** First slot of each column of a group. */
export function slotOffsets(columns: readonly CategoryEncoding[]): number[] {
  return columns.map((_, index) => slotCount(columns.slice(0, index)));
}

function* slots(columns: readonly CategoryEncoding[], frame: Frame): Generator<void, Int32Array, void> {
  const width = columns.length;
  const result = new Int32Array(frame.rowCount * width);
  const offsets = slotOffsets(columns);
  for (const [index, { name, codes }] of columns.entries()) {
    const offset = offsets[index] ?? 0;
    const slotOf = new Map(codes.map((code, position) => [code, offset + position + 1]));
    const texts = textsOf(columnOf(frame, name));
    for (let row = 0; row < frame.rowCount; row++) {
      result[row * width + index] = slotOf.get(texts[row] ?? '') ?? offset;
    }
    yield;
  }
  return result;
}

function fitNumeric(name: string, values: Float64Array, setting: EncodingSettings['tails']): NumericEncoding {
  const raw = values.filter((value) => Number.isFinite(value));
  if (raw.length === 0) return { name, tails: null, mean: 0, deviation: 1, marked: false };
  const tails = setting === 'log' ? fitTails(raw) : null;
  const present = raw.map((value) => drawnIn(tails, value));
  const marked = values.some((value) => Number.isNaN(value));
  const mean = present.reduce((sum, value) => sum + value, 0) / present.length;
  const variance = present.reduce((sum, value) => sum + (value - mean) ** 2, 0) / present.length;
  const deviation = Math.sqrt(variance);
  // The mean of equal values is off by rounding, and a model in float32 cannot tell values apart that differ by less than this.
  const isConstant = deviation <= 2 ** -23 * Math.abs(mean);
  return { name, tails, mean: Math.fround(mean), deviation: (isConstant ? 0 : Math.fround(deviation)) || 1, marked };
}

export function fitCodes(column: Column, texts: readonly string[]): string[] {
  const allowed = (column.allowed ?? []).map((code) => codeOf(code, column));
  const codes = new Set([...allowed, ...new Set(texts)]);
  codes.delete('');
  return [...codes].sort(byCodePoint);
}

const byCodePoint = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

export function columnOf(frame: Frame, name: string): ColumnData {
  const data = frame.columns[name];
  if (data) return data;
  throw new PawlError(errorTypes.invalidData, `the rows have no column "${name}", which the model takes`, {
    column: name,
  });
}

export function numbersOf(data: ColumnData): Float64Array {
  if (data.type === 'number') return data.values;
  return Float64Array.from(data.values, (value) => (value.trim() === '' ? Number.NaN : Number(value)));
}

export function textsOf(data: ColumnData): readonly string[] {
  if (data.type === 'string') return data.values;
  return Array.from(data.values, numberText);
}

export function unusable(name: string, reason: string): PawlError {
  return new PawlError(
    errorTypes.invalidConfig,
    `feature "${name}" ${reason}: correct the model or dataset definition`,
    {
      feature: name,
    },
  );
}
