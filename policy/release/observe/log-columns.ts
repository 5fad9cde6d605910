import type { LabelSpace } from '../../../contracts/data/label-space.ts';

/** Kinds of rows, as numbers. */
export const predictionRow = 0;
export const mirrorRow = 1;
export const feedbackRow = 2;
/** A mirrored request that was dropped. */
export const dropRow = 3;
/** A request that the version cannot take and another one answered, or its mirror. */
export const misfitRow = 7;
/** A record whose id or key is too long to be judged. */
export const setAsideRow = 5;
/** Feedback that names its request by key and time, which is in `ms`. */
export const askedFeedbackRow = 6;
/** Code of a label that cannot be judged: it is none of the task's labels, or an answer that is one of too many. */
export const setAsideLabel = -2;
/** Tag of a feedback with a value, which may have a label too: of each the earliest counts. */
export const valueRow = 4;

/** The array that holds each column. */
export const itemsOf = {
  kind: Int32Array,
  idHigh: Uint32Array,
  idLow: Uint32Array,
  keyHigh: Uint32Array,
  keyLow: Uint32Array,
  requestHigh: Uint32Array,
  requestLow: Uint32Array,
  at: Float64Array,
  ms: Float64Array,
  share: Float64Array,
  version: Int32Array,
  seq: Int32Array,
  isCanary: Int32Array,
  isError: Int32Array,
  label: Int32Array,
  release: Int32Array,
  instance: Int32Array,
} as const;
export type ColumnName = keyof typeof itemsOf;
export type Columns = { readonly [name in ColumnName]: InstanceType<(typeof itemsOf)[name]> };
export const columnNames = Object.keys(itemsOf) as ColumnName[];

/** What only some analyses need. */
export interface MoreColumns {
  readonly labelSpace: LabelSpace;
  /** Inputs by name. */
  readonly inputs: readonly string[];
  readonly scores: boolean;
  /** What answers were worth. */
  readonly values: boolean;
  /** By what ids are hashed, to tell which requests were sampled to be mirrored; null where that is not asked. */
  readonly mirrorSalt: string | null;
}

/**
 * What an analysis needs of a segment's rows, column by column: 84 bytes a row, 4 more per input and 8 each for scores, for values and for sampled mirrors. Ids and keys are halves of 64-bit hashes: a chance of
 * 3 in 10^8 that any two of a million meet. The key of feedback by an id is the id of the first row of its request if
 * that has several, its request the id if that has one; other records have the request 0. Labels (as codes), releases and instances are numbers of `texts`, -1 for none, and `setAsideLabel`.
 */
export interface CompactSegment extends Columns {
  readonly rows: number;
  readonly texts: readonly string[];
  /** By input that was asked for: its value's number among `texts`, -1 where there is none. */
  readonly inputs: ReadonlyMap<string, Int32Array>;
  /** Probability of the positive label, or the number that was answered or came as label; not a number where there is none; null unless asked for. */
  readonly score: Float64Array | null;
  /** By level, the quantiles that were answered; not a number where there is none. Only of a task of quantiles whose scores were asked for. */
  readonly quantiles?: readonly Float64Array[];
  /** What an answer was worth, by feedback; not a number where there is none; null unless asked for. */
  readonly value: Float64Array | null;
  /** `mirrorUnit` of the request's id, by predictions; null unless asked for. */
  readonly mirrorUnit: Float64Array | null;
}
