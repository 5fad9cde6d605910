/** e-values are kept finite so that evidence stays valid JSON. */
const largestLog = 690;

/**
 * The e-value of a mixture of e-processes, from their logarithms: `sum(weight_i exp(log_i)) / sum(weight_i)`, at most
 * e^690. A mixture by weights that were fixed before the first observation is an e-process again. `weights`: above 0, one
 * for each; even without.
 */
export function mixtureOf(logs: ArrayLike<number>, weights?: ArrayLike<number>): number {
  let highest = -Infinity;
  for (let index = 0; index < logs.length; index++) highest = Math.max(highest, logs[index] ?? NaN);
  if (highest === -Infinity) return 0;
  let [sum, whole] = [0, 0];
  for (let index = 0; index < logs.length; index++) {
    const weight = weights?.[index] ?? 1;
    sum += weight * Math.exp((logs[index] ?? NaN) - highest);
    whole += weight;
  }
  return Math.exp(Math.min(largestLog, highest + Math.log(sum / whole)));
}

/** `count * log(ratio)`, 0 for a count of 0 even where the ratio is 0. */
export const logPower = (count: number, ratio: number): number => (count === 0 ? 0 : count * Math.log(ratio));
