/** Probabilities are kept this far from 0 and 1 in the log loss, as scikit-learn does. */
const clip = 2 ** -52;

/** `-ln` of the probability that was given to the true label (1 is positive), clipped at 2^-52 from 0 and 1; in nats. */
export function rowLogLoss(label: number, probability: number): number {
  const p = Math.min(1 - clip, Math.max(clip, probability));
  return label === 1 ? -Math.log(p) : -Math.log1p(-p);
}
