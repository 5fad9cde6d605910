/**
 * Mean `sum w v / sum w` of values, each with the weight of its row: `rows[i]` is the row of `values[i]`, `i` where it
 * is left out. In the unit of the values; null where no row counts.
 */
export function meanOfRows(values: Float64Array, rows?: Int32Array): (weights?: ArrayLike<number>) => number | null {
  return (weights) => {
    let [sum, count] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const weight = weights === undefined ? 1 : (weights[rows === undefined ? i : (rows[i] ?? 0)] ?? 0);
      sum += weight * (values[i] ?? 0);
      count += weight;
    }
    return count === 0 ? null : sum / count;
  };
}
