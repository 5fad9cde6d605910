import { weightedQuantile } from '../../gbdt/leaf-quantile.ts';
import { meanLoss, type Learned, type Objective } from '../../gbdt/objective.ts';

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
    derive: (scores, learned, to) => {
      const { labels, weights } = learned;
      for (const [at, level] of levels.entries())
        for (let row = 0; row < labels.length; row++) {
          const weight = weights === null ? 1 : weights[row]!;
          to[at]!.gradients[row] = weight * (scores[at]![row]! > labels[row]! ? 1 - level : -level);
          to[at]!.hessians[row] = weight;
        }
      return lossOf(scores, learned);
    },
    loss: lossOf,
    quantileOf: (at) => levels[at]!,
  };
}
