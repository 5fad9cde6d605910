/** Groups that one round shuffles; of these it keeps a third, and cuts each in three. */
const groupsPerRound = 48;
const cut = 3;

/** Passes that `screenColumns` takes at most. */
export const screeningPasses = (columns: number, most: number): number =>
  columns <= most ? 0 : groupsPerRound * Math.ceil(Math.log(columns / most) / Math.log(cut));

/**
 * At most so many columns, in their order, among which those are that matter: groups of columns are shuffled together, the third
 * that loses most is kept and cut into smaller groups, until few enough columns are left. A column that matters only
 * where others of its group stay as they are can be missed. O(log(columns)) passes, where one shuffle of each would take as many as
 * there are columns.
 */
export async function screenColumns(
  columns: readonly string[],
  most: number,
  loss: (group: readonly string[]) => Promise<number>,
): Promise<string[]> {
  let groups = split(columns, Math.ceil(columns.length / groupsPerRound));
  let left = columns.length;
  while (left > most) {
    const losses: { group: readonly string[]; loss: number }[] = [];
    for (const group of groups) losses.push({ group, loss: await loss(group) });
    const ranked = losses.toSorted((a, b) => b.loss - a.loss).map(({ group }) => group);
    const wanted = Math.max(most, Math.floor(left / cut));
    const kept: (readonly string[])[] = [];
    left = 0;
    for (const group of ranked) {
      if (left >= wanted) break;
      const taken = group.slice(0, group.length === 1 || left + group.length <= wanted ? undefined : wanted - left);
      kept.push(taken);
      left += taken.length;
    }
    groups = kept.flatMap((group) => split(group, Math.ceil(group.length / cut)));
  }
  const chosen = new Set(groups.flat());
  return columns.filter((column) => chosen.has(column));
}

const split = (columns: readonly string[], size: number): string[][] =>
  Array.from({ length: Math.ceil(columns.length / size) }, (_, i) => columns.slice(i * size, (i + 1) * size));
