import type { Learned, Objective } from '../../gbdt/objective.ts';
import type { Derivatives } from '../../gbdt/quantize.ts';
import { bestGain, discount, ndcgOf } from './ndcg.ts';
import { rankRows, type RankedQuery } from './queries.ts';

/** A pair counts where a row of it is among so many first ranks, as in LightGBM. */
const truncation = 30;

/**
 * LambdaMART (Burges 2010, "From RankNet to LambdaRank to LambdaMART", 7): a pair of rows of a query pushes them apart by how much the NDCG changes
 * when they change places. Grades are gains, as in the metric `ndcg`. The loss is 1 less the mean NDCG, of queries with a relevant row, each with the
 * weight of its first row; derivatives are weighted row by row.
 */
export const rankingBoosting: Objective = {
  ofRawLabels: true,
  start: () => [0],
  derive: ([scores], learned, [to]) => {
    const { gradients, hessians } = to!;
    gradients.fill(0);
    hessians.fill(0);
    const ranked = ranksOf(scores!, learned);
    for (const query of ranked) addLambdas(query, scores!, to!);
    const { weights } = learned;
    if (weights !== null)
      for (let row = 0; row < weights.length; row++) {
        gradients[row]! *= weights[row]!;
        hessians[row]! *= weights[row]!;
      }
    return lossOf(ranked, learned);
  },
  loss: ([scores], learned) => lossOf(ranksOf(scores!, learned), learned),
};

function ranksOf(scores: Float64Array, { labels, queries }: Learned): RankedQuery[] {
  if (queries === undefined) throw new TypeError('rows of a ranking without queries: set `queries`');
  return rankRows(queries, labels, scores);
}

function lossOf(ranked: readonly RankedQuery[], { weights }: Learned): number {
  let [sum, total] = [0, 0];
  for (const query of ranked) {
    const weight = weights?.[query.rows[0]!] ?? 1;
    sum += weight * (1 - ndcgOf(query, Infinity));
    total += weight;
  }
  return sum / total;
}

/**
 * Adds the derivatives of a query's rows. As LightGBM does (`lambdarank_norm`), a pair counts less the further its scores are apart, and a query with a
 * sum of pushes `S` counts `log2(1 + S) / S` times, so that large queries do not outweigh the others.
 */
function addLambdas({ order, grades }: RankedQuery, scores: Float64Array, { gradients, hessians }: Derivatives): void {
  const best = bestGain(grades, Infinity);
  const isSpread = scores[order[0]!] !== scores[order.at(-1)!];
  const [first, second] = [new Float64Array(order.length), new Float64Array(order.length)];
  let pushes = 0;
  for (let i = 0; i < Math.min(order.length, truncation); i++) {
    for (let j = i + 1; j < order.length; j++) {
      if (grades[i] === grades[j]) continue;
      const [high, low] = grades[i]! > grades[j]! ? [i, j] : [j, i];
      const apart = scores[order[high]!]! - scores[order[low]!]!;
      const change = ((grades[high]! - grades[low]!) * (discount(i, Infinity) - discount(j, Infinity))) / best;
      const weight = isSpread ? change / (0.01 + Math.abs(apart)) : change;
      const wrong = 1 / (1 + Math.exp(apart));
      first[high]! -= wrong * weight;
      first[low]! += wrong * weight;
      second[high]! += wrong * (1 - wrong) * weight;
      second[low]! += wrong * (1 - wrong) * weight;
      pushes += 2 * wrong * weight;
    }
  }
  const factor = pushes === 0 ? 0 : Math.log2(1 + pushes) / pushes;
  for (const [rank, row] of order.entries()) {
    gradients[row] = first[rank]! * factor;
    hessians[row] = second[rank]! * factor;
  }
}
