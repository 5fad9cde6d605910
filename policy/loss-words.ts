import { shownChange, shownLoss, type LossScale } from '../contracts/evidence/loss-scale.ts';
import { percent, short } from './check.ts';

/** What answers are judged by, for a sentence: `accuracy`, or the mean of their losses as the metric calls it. */
export const judgedBy = (scale: LossScale | undefined): string =>
  scale === undefined ? 'accuracy' : shownLoss(scale).words;

/** A loss, as a share of what counts, in the unit of the metric. */
export function lossWords(loss: number, scale: LossScale | undefined): string {
  if (scale === undefined) return `a loss of accuracy of ${percent(loss)}`;
  const shown = shownLoss(scale);
  const change = shownChange(shown, loss);
  return `a ${change < 0 ? 'fall' : 'rise'} of the ${shown.words} by ${short(Math.abs(change))}`;
}

/** The hypothesis that no more than a loss is lost. */
export function atMostLost(loss: number, scale: LossScale | undefined, where: string): string | null {
  if (scale === undefined) return null;
  const shown = shownLoss(scale);
  const change = shownChange(shown, loss);
  const worse = shownChange(shown, 1) < 0 ? 'falls' : 'rises';
  return `${shown.words} on ${where} requests ${worse} by at most ${short(Math.abs(change))}`;
}
