import { weightedQuantile } from '../../gbdt/leaf-quantile.ts';
import { meanLoss, type Learned, type Objective } from '../../gbdt/objective.ts';

/** A row nearer than this, in deviations of the label, is met: the scores of a leaf come nearer to its quantile in each round, and never reach it. */
const isMet = 1e-3;

/**
 * The gradient of rows that are met, by the leaf of the last tree that they are in. Every number from `-level` to `1 - level` is a subgradient
 * there: this is the one by which the gradients of a leaf sum to 0, or nearest to that, so that a quantile on many equal labels leaves something to gain.
 */
function gradientsOfTies(
  scores: Float64Array,
  { labels, weights }: Learned,
  level: number,
  leafOf: Uint32Array | null,
): Float64Array {
  const leaves = 1 + (leafOf?.reduce((most, leaf) => Math.max(most, leaf), 0) ?? 0);
  const [wanted, tied] = [new Float64Array(leaves), new Float64Array(leaves)];
  for (let row = 0; row < labels.length; row++) {
    const leaf = leafOf?.[row] ?? 0;
    const weight = weights === null ? 1 : weights[row]!;
    const above = scores[row]! - labels[row]!;
    if (Math.abs(above) <= isMet) tied[leaf]! += weight;
    else wanted[leaf]! += weight * (above > 0 ? level - 1 : level);
  }
  return wanted.map((sum, leaf) => (tied[leaf] === 0 ? 0 : Math.min(1 - level, Math.max(-level, sum / tied[leaf]!))));
}

/** The mean pinball loss of a value for each level. It has no second derivative: a leaf's value is the quantile of its rows' residuals. */
export function quantileBoosting(levels: readonly number[]): Objective {
  const lossOf = (scores: readonly Float64Array[], learned: Learned): number => {
    const each = levels.map((level, at) =>
      meanLoss(learned, (row) => {
        const above = scores[at]![row]! - learned.labels[row]!;
        return Math.max(0, above) - level * above;
      }),
    );
    return each.reduce((sum, loss) => sum + loss, 0) / levels.length;
  };
  return {
    start: (learned) => {
      const rows = Uint32Array.from(learned.labels, (_, row) => row);
      const zeros = new Float64Array(learned.labels.length);
      return levels.map((level) => weightedQuantile(rows, level, zeros, learned));
    },
    derive: (scores, learned, to, leaves) => {
      const { labels, weights } = learned;
      for (const [at, level] of levels.entries()) {
        const leafOf = leaves?.[at] ?? null;
        const tied = gradientsOfTies(scores[at]!, learned, level, leafOf);
        for (let row = 0; row < labels.length; row++) {
          const weight = weights === null ? 1 : weights[row]!;
          const above = scores[at]![row]! - labels[row]!;
          to[at]!.gradients[row] =
            weight * (Math.abs(above) <= isMet ? tied[leafOf?.[row] ?? 0]! : above > 0 ? 1 - level : -level);
          to[at]!.hessians[row] = weight;
        }
      }
      return lossOf(scores, learned);
    },
    loss: lossOf,
    quantileOf: (at) => levels[at]!,
  };
}
