import { meanLoss, type Learned, type Objective } from '../../gbdt/objective.ts';

const lossOf = ([scores]: readonly Float64Array[], learned: Learned): number =>
  meanLoss(learned, (row) => (scores![row]! - learned.labels[row]!) ** 2);

/** The squared error of one value. Derivatives are of half of it, so that a Newton step is the mean residual. */
export const regressionBoosting: Objective = {
  start: (learned) => [meanLoss(learned, (row) => learned.labels[row]!)],
  derive: (scores, learned, [to]) => {
    const { labels, weights } = learned;
    for (let row = 0; row < labels.length; row++) {
      const weight = weights === null ? 1 : weights[row]!;
      to!.gradients[row] = weight * (scores[0]![row]! - labels[row]!);
      to!.hessians[row] = weight;
    }
    return lossOf(scores, learned);
  },
  loss: lossOf,
};
