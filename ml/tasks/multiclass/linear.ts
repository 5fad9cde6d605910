import type { LinearLoss } from '../../linear/loss.ts';
import { labelsIn } from '../class-labels.ts';

/** The cross-entropy of the softmax of a logit for each class, with the derivatives `p_k - y_k` and `p_k ((k = l) - p_l)`. */
export const multiclassLinear: LinearLoss = {
  isJoint: true,
  widths: [0],
  variance: 'curvature',
  outputs: (space) => labelsIn(space).map(String),
  derive: (scores, { labels, weights }, { gradients, means }) => {
    const classes = scores.length;
    let sum = 0;
    for (let row = 0; row < labels.length; row++) {
      const weight = weights === null ? 1 : weights[row]!;
      const label = labels[row]!;
      let most = -Infinity;
      for (let at = 0; at < classes; at++) most = Math.max(most, scores[at]![row]!);
      let total = 0;
      for (let at = 0; at < classes; at++) {
        const power = Math.exp(scores[at]![row]! - most);
        means[at]![row] = power;
        total += power;
      }
      for (let at = 0; at < classes; at++) {
        const probability = means[at]![row]! / total;
        means[at]![row] = probability;
        gradients[at]![row] = weight * (label === at ? probability - 1 : probability);
      }
      sum += weight * (most + Math.log(total) - scores[label]![row]!);
    }
    return sum;
  },
  curvature: (first, second, { means }, { weights }, to) => {
    const [ours, theirs] = [means[first]!, means[second]!];
    const same = first === second ? 1 : 0;
    for (let row = 0; row < to.length; row++)
      to[row] = (weights === null ? 1 : weights[row]!) * ours[row]! * (same - theirs[row]!);
  },
};
