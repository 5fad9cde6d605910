import { meanLoss, type Learned, type Objective } from '../../gbdt/objective.ts';
import type { Derivatives } from '../../gbdt/quantize.ts';
import { SumOfLogs } from '../../gbdt/sum-of-logs.ts';

/** Of no class at all, or of one alone, the logit stays finite. */
const leastShare = 1e-6;

/** The logistic loss of one logit. */
export const binaryBoosting: Objective = {
  start: (learned) => {
    const share = meanLoss(learned, (row) => learned.labels[row]!);
    const inside = Math.min(1 - leastShare, Math.max(leastShare, share));
    return [Math.log(inside / (1 - inside))];
  },
  derive: ([scores], learned, [to]) => logisticLoss(scores!, learned, to!),
  loss: ([scores], learned) => logisticLoss(scores!, learned, null),
};

/** The mean loss of the rows; writes their derivatives, unless `to` is null. */
function logisticLoss(scores: Float64Array, { labels, weights }: Learned, to: Derivatives | null): number {
  const logs = new SumOfLogs();
  let sum = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    const score = scores[row]!;
    const weight = weights === null ? 1 : weights[row]!;
    const opposite = Math.exp(-score);
    if (to !== null) {
      const probability = 1 / (1 + opposite);
      to.gradients[row] = weight * (probability - label);
      to.hessians[row] = weight * probability * (1 - probability);
    }
    // The loss is `log(1 + exp(-z)) + (1 - y) z`; where the exponential is too large, `-y z`.
    if (opposite > SumOfLogs.most) sum -= weight * label * score;
    else {
      sum += weight * (1 - label) * score;
      if (weight === 1) logs.add(1 + opposite);
      else sum += weight * Math.log(1 + opposite);
    }
    total += weight;
  }
  return (sum + logs.sum()) / total;
}
