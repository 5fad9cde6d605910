import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { binFrames } from './bins.ts';
import { clustersOf } from './clusters.ts';

/** Inputs of answered requests. */
export interface LiveInputs {
  readonly inputs: Frame;
  /** Number of the key of each request, from 0. */
  readonly keys: Int32Array;
  /** By column that some versions do not read, the requests that were answered by a version that does. */
  readonly read: Readonly<Record<string, Int32Array>>;
}

/**
 * Counts of every column that both have, each over the requests whose version reads it: what a version does not read was not given,
 * which says nothing of how the column moves. A column that no version has read yet is left out.
 */
export function binLive(reference: Frame, { inputs, keys, read }: LiveInputs): ColumnDrift[] {
  const clusters = clustersOf(keys);
  return Object.entries(reference.columns).flatMap(([column, theirs]) => {
    const data = inputs.columns[column];
    if (data === undefined) return [];
    const columns = { [column]: theirs };
    const rows = read[column];
    if (rows === undefined)
      return binFrames({ ...reference, columns }, { ...inputs, columns: { [column]: data } }, clusters);
    if (rows.length === 0) return [];
    const current = { rowCount: rows.length, columns: { [column]: valuesAt(data, rows) } };
    return binFrames({ ...reference, columns }, current, clustersOf(keysAt(keys, rows)));
  });
}

const valuesAt = (data: ColumnData, rows: Int32Array): ColumnData =>
  data.type === 'number'
    ? { type: 'number', values: Float64Array.from(rows, (row) => data.values[row] ?? Number.NaN) }
    : { type: 'string', values: Array.from(rows, (row) => data.values[row] ?? '') };

/** Numbered again from 0: a number without rows would count as a key. */
function keysAt(keys: Int32Array, rows: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  return rows.map((row) => {
    const key = keys[row] ?? 0;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}
