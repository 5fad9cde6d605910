/** Part of the keys that fall in one step of a release. */
export type InStep = (step: number, keys: number) => void;

/**
 * Calls `each` with how many of the next `keys` keys, after the first `done` ones, fall in each step; `sizes` are the keys of the steps
 * one after the other, and the last step goes on.
 */
export function alongSteps(sizes: readonly number[], done: number, keys: number, each: InStep): void {
  let [start, left] = [done, keys];
  for (let index = 0; index < sizes.length && left > 0; index++) {
    const size = sizes[index] ?? 0;
    const here = index === sizes.length - 1 ? left : Math.max(0, Math.min(left, size - start));
    if (here > 0) each(index, here);
    start = Math.max(0, start - size);
    left -= here;
  }
}
