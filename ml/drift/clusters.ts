/** Which rows came from one key: they are alike, and do not count as independent. */
export interface Clusters {
  /** Rows, those of one key together. */
  readonly order: Int32Array;
  /** Where each key's rows begin in `order`, and the end. */
  readonly starts: Int32Array;
}

/** Groups rows by their key, a number from 0 in each row. O(rows + keys). */
export function clustersOf(keys: Int32Array): Clusters {
  const starts = new Int32Array(keys.reduce((most, key) => Math.max(most, key), -1) + 2);
  for (const key of keys) starts[key + 1] = (starts[key + 1] ?? 0) + 1;
  for (let key = 1; key < starts.length; key++) starts[key] = (starts[key] ?? 0) + (starts[key - 1] ?? 0);
  const next = starts.slice();
  const order = new Int32Array(keys.length);
  keys.forEach((key, row) => {
    order[next[key] ?? 0] = row;
    next[key] = (next[key] ?? 0) + 1;
  });
  return { order, starts };
}

/** The values of the rows, of each key each once. O(rows). */
export function oncePerKey<T>(values: ArrayLike<T>, { order, starts }: Clusters): T[] {
  const once: T[] = [];
  for (let key = 0; key + 1 < starts.length; key++) {
    const own = new Set<T>();
    for (let i = starts[key] ?? 0; i < (starts[key + 1] ?? 0); i++) own.add(values[order[i] as number] as T);
    for (const value of own) once.push(value);
  }
  return once;
}

/** Pairs of rows of one key, in order: `sum_k n_k (n_k - 1)`. */
function pairsWithin({ starts }: Clusters): number {
  let pairs = 0;
  for (let key = 0; key + 1 < starts.length; key++) {
    const rows = (starts[key + 1] ?? 0) - (starts[key] ?? 0);
    pairs += rows * (rows - 1);
  }
  return pairs;
}

/** How many keys with equally many rows these are worth, `(sum n_k)^2 / sum n_k^2` (Kish 1965); 0 without rows. */
export function effectiveKeys(clusters: Clusters): number {
  const rows = clusters.order.length;
  return rows === 0 ? 0 : rows ** 2 / (pairsWithin(clusters) + rows);
}

/**
 * How many independent rows the rows of keys that come again are worth, for a judgement of their shares over bins: rows divided by
 * the design effect `1 + rho * sum_k n_k (n_k - 1) / rows` (Rao and Scott 1981). rho in [0, 1] says how much likelier two rows of one
 * key fall into one bin together than two rows of two keys. It is the larger of two estimates: the mean over the bins with keys
 * weighted by their rows, as the PSI feels it, and over all pairs of rows, which one key with most rows decides. The result lies between the
 * keys that the rows are worth (each key in one bin) and the rows (keys tell nothing). `places` is each row's bin.
 */
export function effectiveRows(places: Uint16Array, bins: number, clusters: Clusters): number {
  const rows = places.length;
  const within = pairsWithin(clusters);
  if (within === 0) return rows;
  const counts = countTogether(places, bins, clusters);
  const between = rows ** 2 - rows - within;
  const repeated = counts.repeated.reduce((sum, count) => sum + count, 0);
  let [sum, weights, alikeAnyhow, apartAnyhow] = [0, 0, 0, 0];
  for (let bin = 0; bin < bins; bin++) {
    const [count, pairs] = [counts.total[bin] ?? 0, counts.pairs[bin] ?? 0];
    const apart = between === 0 ? 1 : (count ** 2 - count - pairs) / between;
    alikeAnyhow += pairs / within;
    apartAnyhow += apart;
    if (count === 0) continue;
    const alike = (counts.alike[bin] ?? 0) / repeated;
    sum += (1 - count / rows) * rhoOf(alike, apart, (counts.repeated[bin] ?? 0) / repeated);
    weights += 1 - count / rows;
  }
  const byBin = weights === 0 ? 1 : sum / weights;
  const rho = Math.max(byBin, rhoOf(alikeAnyhow, apartAnyhow, 1));
  return rows / (1 + (rho * within) / rows);
}

/** Where agreement lies between that of strangers and the most there can be, in [0, 1]; 1 where the two do not differ. */
const rhoOf = (alike: number, apart: number, most: number): number =>
  most <= apart ? 1 : Math.min(1, Math.max(0, (alike - apart) / (most - apart)));

/**
 * By bin: rows, ordered pairs of rows of one key, rows of keys that came again, and of those how many share the bin with another row
 * of their key, on average over its other rows.
 */
function countTogether(places: Uint16Array, bins: number, { order, starts }: Clusters) {
  const [total, pairs, repeated, alike] = Array.from({ length: 4 }, () => new Float64Array(bins)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const own = new Float64Array(bins);
  for (let key = 0; key + 1 < starts.length; key++) {
    const [from, to] = [starts[key] ?? 0, starts[key + 1] ?? 0];
    for (let i = from; i < to; i++) {
      const bin = places[order[i] ?? 0] ?? 0;
      const before = own[bin] ?? 0;
      own[bin] = before + 1;
      total[bin] = (total[bin] ?? 0) + 1;
      if (to - from === 1) continue;
      pairs[bin] = (pairs[bin] ?? 0) + 2 * before;
      repeated[bin] = (repeated[bin] ?? 0) + 1;
      alike[bin] = (alike[bin] ?? 0) + (2 * before) / (to - from - 1);
    }
    for (let i = from; i < to; i++) own[places[order[i] ?? 0] ?? 0] = 0;
  }
  return { total, pairs, repeated, alike };
}
