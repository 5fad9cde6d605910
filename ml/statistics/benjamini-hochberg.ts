/**
 * Adjusted p-values that control the false discovery rate: the least level at which each hypothesis is rejected, in the
 * order they came (Benjamini and Hochberg 1995).
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const count = pValues.length;
  const order = pValues.map((_, i) => i).sort((a, b) => (pValues[b] ?? 0) - (pValues[a] ?? 0));
  const adjusted = pValues.map(() => 1);
  let least = 1;
  order.forEach((index, fromLargest) => {
    least = Math.min(least, ((pValues[index] ?? 1) * count) / (count - fromLargest));
    adjusted[index] = least;
  });
  return adjusted;
}
