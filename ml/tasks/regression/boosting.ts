import { meanLoss, noDerivatives, type Objective } from '../../gbdt/objective.ts';

/** The squared error of one value. */
export const regressionBoosting: Objective = {
  start: (learned) => [meanLoss(learned, (row) => learned.labels[row]!)],
  derive: ([scores], { labels, weights }) => {
    const to = noDerivatives(labels.length);
    for (let row = 0; row < labels.length; row++) {
      const weight = weights === null ? 1 : weights[row]!;
      to.gradients[row] = weight * (scores![row]! - labels[row]!);
      to.hessians[row] = weight;
    }
    return [to];
  },
  loss: ([scores], learned) => meanLoss(learned, (row) => (scores![row]! - learned.labels[row]!) ** 2),
};
