/** Characters of the longest word that is compared: a longer one is not a misspelt name. */
const longestWord = 64;
/** Candidates that are compared at most, so that no list makes the hint expensive. */
const mostCandidates = 1_000;
const mostEdits = 4;

/**
 * The candidate that differs least from a misspelt word, ignoring case; null where none is near. Near is at most a third of the
 * word's characters, 2 to 4 of them, and not all of them. The first of equals is taken. Costs less than a millisecond or two for any
 * input: words and candidates of more than 64 characters, and candidates after the first 1,000, are not compared.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  if (word.length > longestWord) return null;
  const wanted = word.toLowerCase();
  let limit = Math.min(mostEdits, Math.max(2, Math.ceil(wanted.length / 3)), wanted.length - 1);
  let best: string | null = null;
  let compared = 0;
  for (const candidate of candidates) {
    if (limit < 0 || compared === mostCandidates) break;
    compared += 1;
    if (candidate.length > longestWord) continue;
    const edits = editDistance(wanted, candidate.toLowerCase(), limit);
    if (edits > limit) continue;
    best = candidate;
    limit = edits - 1;
  }
  return best;
}

/** A column's name without what people often write otherwise: case, and blanks around it. */
export const plainName = (name: string): string => name.trim().toLowerCase();

/** As `didYouMean`, where the words are names of columns. */
export const columnMeant = (name: string, columns: readonly string[]): string | null =>
  columns.find((column) => plainName(column) === plainName(name)) ?? didYouMean(name, columns);

/**
 * Levenshtein's distance: insertions, deletions and replacements; more than `limit` where it is more than that. Only cells that are
 * at most `limit` off the diagonal are filled (E. Ukkonen, Algorithms for approximate string matching, 1985).
 */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  const far = limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => (j <= limit ? j : far));
  let next = row.map(() => far);
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit);
    const to = Math.min(b.length, i + limit);
    next[from - 1] = from === 1 && i <= limit ? i : far;
    let least = next[from - 1]!;
    for (let j = from; j <= to; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const cell = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1, far);
      next[j] = cell;
      if (cell < least) least = cell;
    }
    if (to < b.length) next[to + 1] = far;
    if (least > limit) return far;
    [row, next] = [next, row];
  }
  return row[b.length]!;
}
