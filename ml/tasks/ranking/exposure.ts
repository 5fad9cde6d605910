import type { Groups } from '../../fairness/groups.ts';
import type { GroupMean } from '../../fairness/contrasts.ts';
import { discount } from './ndcg.ts';

/**
 * The exposure of each row (Singh and Joachims 2018): `1 / log2(1 + rank)` of its rank in the query, ranks from 1; rows of equal scores share the
 * mean of theirs. In (0, 1].
 */
export function exposures(queries: readonly (readonly number[])[], answer: Float64Array): Float64Array {
  const found = new Float64Array(answer.length);
  for (const rows of queries) {
    const order = rows.toSorted((a, b) => answer[b]! - answer[a]!);
    for (let start = 0; start < order.length;) {
      let end = start;
      let sum = 0;
      for (; end < order.length && answer[order[end]!] === answer[order[start]!]; end += 1)
        sum += discount(end, Infinity);
      for (let rank = start; rank < end; rank += 1) found[order[rank]!] = sum / (end - start);
      start = end;
    }
  }
  return found;
}

/**
 * Mean of a value of the rows by group, with the standard error of a mean over queries (Cochran 1977, a ratio of sums over clusters): rows of
 * a query depend on each other. What one group gains within a query another loses, so the errors are larger by the root of 2: the difference of two
 * means is then never further off than two independent errors say.
 */
export function meansOverQueries(
  { names, index }: Groups,
  queries: readonly (readonly number[])[],
  values: Float64Array,
): (GroupMean & { readonly rows: number })[] {
  return names.map((_, group) => {
    const ofQuery = queries.map((rows) => {
      const own = rows.filter((row) => index[row] === group);
      return { rows: own.length, sum: own.reduce((sum, row) => sum + values[row]!, 0) };
    });
    const rows = ofQuery.reduce((sum, query) => sum + query.rows, 0);
    const mean = ofQuery.reduce((sum, query) => sum + query.sum, 0) / rows;
    const clusters = ofQuery.filter((query) => query.rows > 0);
    const squares = clusters.reduce((sum, query) => sum + (query.sum - mean * query.rows) ** 2, 0);
    const variance = (squares * clusters.length) / (clusters.length - 1) / rows ** 2;
    return { rows, mean, error: Math.sqrt(2 * variance) };
  });
}
