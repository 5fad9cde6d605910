import type { CompactSegment } from './log-columns.ts';

type Items = Float64Array | Int32Array | Uint32Array;

const isItems = (value: unknown): value is Items =>
  value instanceof Float64Array || value instanceof Int32Array || value instanceof Uint32Array;

/** Applies a change to every column of a segment. */
function changed(segment: CompactSegment, rows: number, change: (items: Items) => Items): CompactSegment {
  const columns = Object.entries(segment).map(([name, value]): [string, unknown] => {
    if (isItems(value)) return [name, change(value)];
    if (value instanceof Map) return [name, new Map([...value].map(([key, items]) => [key, change(items as Items)]))];
    // Of texts there are as many as before.
    if (name === 'quantiles' && Array.isArray(value)) return [name, (value as Items[]).map(change)];
    return [name, value];
  });
  return { ...Object.fromEntries(columns), rows } as unknown as CompactSegment;
}

/** The same rows in the order of their time. */
export function inOrderOfTime(segment: CompactSegment): CompactSegment {
  const order = Array.from({ length: segment.rows }, (_, row) => row).toSorted(
    (a, b) => (segment.at[a] ?? 0) - (segment.at[b] ?? 0),
  );
  return changed(segment, segment.rows, (items) => {
    const sorted = items.slice();
    for (const [to, from] of order.entries()) sorted[to] = items[from] ?? 0;
    return sorted;
  });
}

/** Rows of a segment in the order of time that came before `until`, without a copy. */
export function cutAt(segment: CompactSegment, until: number): CompactSegment {
  let [low, high] = [0, segment.rows];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segment.at[middle] ?? 0) < until) low = middle + 1;
    else high = middle;
  }
  return changed(segment, low, (items) => items.subarray(0, low));
}
