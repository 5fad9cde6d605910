/** e-values are kept finite so that evidence stays valid JSON. */
const largestLog = 690;

/** The e-value of an even mixture of e-processes, from their logarithms: `mean(exp(log_i))`, at most e^690. */
export function mixtureOf(logs: readonly number[]): number {
  const highest = Math.max(...logs);
  if (highest === -Infinity) return 0;
  const sum = logs.reduce((total, log) => total + Math.exp(log - highest), 0);
  return Math.exp(Math.min(largestLog, highest + Math.log(sum / logs.length)));
}

/** `count * log(ratio)`, 0 for a count of 0 even where the ratio is 0. */
export const logPower = (count: number, ratio: number): number => (count === 0 ? 0 : count * Math.log(ratio));
