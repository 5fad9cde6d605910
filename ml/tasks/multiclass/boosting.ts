import { meanLoss, type Objective } from '../../gbdt/objective.ts';
import { labelsIn } from '../class-labels.ts';

const leastShare = 1e-6;

/** The cross-entropy of the softmax of a logit for each class. Hessians are those of Friedman, Hastie and Tibshirani (2000), `K / (K - 1) p (1 - p)`. */
export const multiclassBoosting: Objective = {
  start: (learned, space) =>
    labelsIn(space).map((_, at) => {
      const share = meanLoss(learned, (row) => Number(learned.labels[row] === at));
      return Math.log(Math.max(leastShare, share));
    }),
  derive: (scores, { labels, weights }, to) => {
    const classes = scores.length;
    const factor = classes / (classes - 1);
    let sum = 0;
    let total = 0;
    for (let row = 0; row < labels.length; row++) {
      const whole = logSumExp(scores, row);
      const weight = weights === null ? 1 : weights[row]!;
      const label = labels[row]!;
      for (let at = 0; at < classes; at++) {
        const probability = Math.exp(scores[at]![row]! - whole);
        to[at]!.gradients[row] = weight * (probability - Number(label === at));
        to[at]!.hessians[row] = weight * factor * probability * (1 - probability);
      }
      sum += weight * (whole - scores[label]![row]!);
      total += weight;
    }
    return sum / total;
  },
  loss: (scores, learned) => meanLoss(learned, (row) => logSumExp(scores, row) - scores[learned.labels[row]!]![row]!),
};

function logSumExp(scores: readonly Float64Array[], row: number): number {
  let most = -Infinity;
  for (const of of scores) most = Math.max(most, of[row]!);
  let sum = 0;
  for (const of of scores) sum += Math.exp(of[row]! - most);
  return most + Math.log(sum);
}
