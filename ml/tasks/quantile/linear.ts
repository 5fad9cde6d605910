import type { LinearLoss } from '../../linear/loss.ts';

/** In standard deviations of the label. */
const widths = [1, 0.3, 0.1, 0.03, 0.01];

/**
 * The pinball loss of each level, smoothed by a logistic kernel of width h: `level e + h log(1 + exp(-e / h))` of the error `e = y - z` (He, Pan, Tan
 * and Zhou 2023, "Smoothed quantile regression with large-scale inference"). It is at most `h log 2` above the pinball loss.
 */
export const quantileLinear = (levels: readonly number[]): LinearLoss => ({
  isJoint: false,
  widths,
  // The curvature at the last width is that of few rows, and no estimate of the density of errors.
  variance: null,
  outputs: () => levels.map(String),
  derive: ([scores], { labels, weights }, { gradients: [gradients], means: [means] }, { at, width }) => {
    const level = levels[at]!;
    let sum = 0;
    for (let row = 0; row < labels.length; row++) {
      const weight = weights === null ? 1 : weights[row]!;
      const above = (scores![row]! - labels[row]!) / width;
      const small = Math.exp(-Math.abs(above));
      const share = above >= 0 ? 1 / (1 + small) : small / (1 + small);
      means![row] = share;
      gradients![row] = weight * (share - level);
      sum += weight * (Math.max(0, above) + Math.log1p(small) - level * above);
    }
    return sum * width;
  },
  curvature: (_, __, { means: [means] }, { weights }, to, { width }) => {
    for (let row = 0; row < to.length; row++) {
      const share = means![row]!;
      to[row] = ((weights === null ? 1 : weights[row]!) * share * (1 - share)) / width;
    }
  },
});
