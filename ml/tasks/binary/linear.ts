import type { LinearLoss } from '../../linear/loss.ts';
import { labelsIn } from '../class-labels.ts';

/** The logistic loss `log(1 + exp(z)) - y z` of one logit, with the derivatives `p - y` and `p (1 - p)`. */
export const binaryLinear: LinearLoss = {
  isJoint: true,
  widths: [0],
  variance: 'curvature',
  outputs: (space) => [String(labelsIn(space)[1])],
  derive: ([scores], { labels, weights }, { gradients: [gradients], means: [means] }) => {
    let sum = 0;
    for (let row = 0; row < labels.length; row++) {
      const weight = weights === null ? 1 : weights[row]!;
      const score = scores![row]!;
      const small = Math.exp(-Math.abs(score));
      const probability = score >= 0 ? 1 / (1 + small) : small / (1 + small);
      means![row] = probability;
      gradients![row] = weight * (probability - labels[row]!);
      sum += weight * (Math.max(0, score) + Math.log1p(small) - labels[row]! * score);
    }
    return sum;
  },
  curvature: (_, __, { means: [means] }, { weights }, to) => {
    for (let row = 0; row < to.length; row++) {
      const probability = means![row]!;
      to[row] = (weights === null ? 1 : weights[row]!) * probability * (1 - probability);
    }
  },
};
