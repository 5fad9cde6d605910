import type { LinearLoss } from '../../linear/loss.ts';

/** Half of the squared error of one value. */
export const regressionLinear: LinearLoss = {
  isJoint: true,
  widths: [0],
  variance: 'residuals',
  outputs: () => ['prediction'],
  derive: ([scores], { labels, weights }, { gradients: [gradients] }) => {
    let sum = 0;
    for (let row = 0; row < labels.length; row++) {
      const weight = weights === null ? 1 : weights[row]!;
      const error = scores![row]! - labels[row]!;
      gradients![row] = weight * error;
      sum += weight * error * error;
    }
    return sum / 2;
  },
  curvature: (_, __, ___, { weights }, to) => {
    if (weights === null) to.fill(1);
    else to.set(weights);
  },
};
