/** Groups that one round shuffles at most; a third of the columns is kept, and grouped again. */
const groupsPerRound = 48;
const cut = 3;

/** Passes that `screenColumns` takes at most. */
export const screeningPasses = (columns: number, most: number): number =>
  columns <= most ? 0 : groupsPerRound * Math.ceil(Math.log(columns / most) / Math.log(cut));

/**
 * At most so many columns, in their order, among which those are that matter: groups of columns are shuffled together, the third
 * that loses most is kept and put into smaller groups, until few enough columns are left. A column that matters only
 * where others of its group stay as they are can be missed. O(log(columns)) passes, where one shuffle of each would take as many as
 * there are columns.
 */
export async function screenColumns(
  columns: readonly string[],
  most: number,
  loss: (group: readonly string[]) => Promise<number>,
): Promise<string[]> {
  let kept = columns;
  while (kept.length > most) {
    const groups = split(kept, Math.ceil(kept.length / groupsPerRound));
    const losses: { group: readonly string[]; loss: number }[] = [];
    for (const group of groups) losses.push({ group, loss: await loss(group) });
    const ranked = losses.toSorted((a, b) => b.loss - a.loss).map(({ group }) => group);
    const wanted = Math.max(most, Math.floor(kept.length / cut));
    kept = ranked.flat().slice(0, wanted);
  }
  const chosen = new Set(kept);
  return columns.filter((column) => chosen.has(column));
}

const split = (columns: readonly string[], size: number): string[][] =>
  Array.from({ length: Math.ceil(columns.length / size) }, (_, i) => columns.slice(i * size, (i + 1) * size));
