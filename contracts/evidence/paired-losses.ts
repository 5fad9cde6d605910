import { z } from 'zod';
import { shownLoss, type LossScale, type ShownLoss } from './loss-scale.ts';

/**
 * Of answers whose losses are bounded: keys by the step of 1/400 at whose lower end the canary's loss less the champion's lies, in the order of
 * steps, and the sums of both losses.
 */
export const pairedLossesSchema = z.object({
  differences: z.array(z.tuple([z.int(), z.int()])),
  champion: z.number(),
  canary: z.number(),
});
export type PairedLosses = z.infer<typeof pairedLossesSchema>;

interface LabelledLosses {
  readonly labels: number;
  readonly losses?: (PairedLosses & LossScale) | undefined;
}

export interface MeanLosses extends Pick<ShownLoss, 'words' | 'most'> {
  readonly champion: number;
  readonly canary: number;
}

/** What both versions lost in the mean, as a metric says it; null where there is no label, or answers are right or wrong. */
export function meanLossesOf({ labels, losses }: LabelledLosses): MeanLosses | null {
  if (losses === undefined || labels === 0) return null;
  const { words, shown, most } = shownLoss(losses);
  return { words, most, champion: shown(losses.champion / labels), canary: shown(losses.canary / labels) };
}
