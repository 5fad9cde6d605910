import { weightedQuantile } from '../../gbdt/leaf-quantile.ts';
import { meanLoss, noDerivatives, type Objective } from '../../gbdt/objective.ts';

/** The mean pinball loss of a value for each level. It has no second derivative: a leaf's value is the quantile of its rows' residuals. */
export const quantileBoosting = (levels: readonly number[]): Objective => ({
  start: (learned) => {
    const rows = Uint32Array.from(learned.labels, (_, row) => row);
    const zeros = new Float64Array(learned.labels.length);
    return levels.map((level) => weightedQuantile(rows, level, zeros, learned));
  },
  derive: (scores, { labels, weights }) =>
    levels.map((level, at) => {
      const to = noDerivatives(labels.length);
      for (let row = 0; row < labels.length; row++) {
        const weight = weights === null ? 1 : weights[row]!;
        to.gradients[row] = weight * (scores[at]![row]! > labels[row]! ? 1 - level : -level);
        to.hessians[row] = weight;
      }
      return to;
    }),
  loss: (scores, learned) => {
    const { labels } = learned;
    const each = levels.map((level, at) =>
      meanLoss(learned, (row) => {
        const above = scores[at]![row]! - labels[row]!;
        return Math.max(0, above) - level * above;
      }),
    );
    return each.reduce((sum, loss) => sum + loss, 0) / levels.length;
  },
  quantileOf: (at) => levels[at]!,
});
