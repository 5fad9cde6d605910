import { meanLoss, type Objective } from '../../gbdt/objective.ts';
import { SumOfLogs } from '../../gbdt/sum-of-logs.ts';

/** Of no class at all, or of one alone, the logit stays finite. */
const leastShare = 1e-6;

const softplus = (z: number): number => Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z)));

/** The logistic loss of one logit. */
export const binaryBoosting: Objective = {
  start: (learned) => {
    const share = meanLoss(learned, (row) => learned.labels[row]!);
    const inside = Math.min(1 - leastShare, Math.max(leastShare, share));
    return [Math.log(inside / (1 - inside))];
  },
  derive: ([scores], { labels, weights }, [to]) => {
    const { gradients, hessians } = to!;
    const of = scores!;
    const logs = new SumOfLogs();
    let sum = 0;
    let total = 0;
    for (let row = 0; row < labels.length; row++) {
      const label = labels[row]!;
      const score = of[row]!;
      const weight = weights === null ? 1 : weights[row]!;
      const opposite = Math.exp(-score);
      const probability = 1 / (1 + opposite);
      gradients[row] = weight * (probability - label);
      hessians[row] = weight * probability * (1 - probability);
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
  },
  loss: ([scores], learned) =>
    meanLoss(learned, (row) => softplus(scores![row]!) - learned.labels[row]! * scores![row]!),
};
