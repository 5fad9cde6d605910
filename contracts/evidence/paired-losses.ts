import { shownLoss, type ShownLoss } from './loss-scale.ts';
import type { PairedKeys } from './release.ts';

export interface MeanLosses extends Pick<ShownLoss, 'words' | 'most'> {
  readonly champion: number;
  readonly canary: number;
}

/** What both versions lost in the mean, as a metric says it; null where there is no label, or answers are right or wrong. */
export function meanLossesOf({ labels, losses }: Pick<PairedKeys, 'labels' | 'losses'>): MeanLosses | null {
  if (losses === undefined || labels === 0) return null;
  const { words, shown, most } = shownLoss(losses);
  return { words, most, champion: shown(losses.champion / labels), canary: shown(losses.canary / labels) };
}
