import { meanLoss, noDerivatives, type Objective } from '../../gbdt/objective.ts';

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
  derive: ([scores], { labels, weights }) => {
    const to = noDerivatives(labels.length);
    for (let row = 0; row < labels.length; row++) {
      const probability = 1 / (1 + Math.exp(-scores![row]!));
      const weight = weights === null ? 1 : weights[row]!;
      to.gradients[row] = weight * (probability - labels[row]!);
      to.hessians[row] = weight * probability * (1 - probability);
    }
    return [to];
  },
  loss: ([scores], learned) =>
    meanLoss(learned, (row) => softplus(scores![row]!) - learned.labels[row]! * scores![row]!),
};
