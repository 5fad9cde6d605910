import type { PairedKeys } from './release.ts';

export interface MeanLosses {
  /** What they are, for a sentence. */
  readonly words: string;
  readonly champion: number;
  readonly canary: number;
  /** The greatest one that counts; null where none is above it. */
  readonly most: number | null;
}

/** What both versions lost in the mean, as a metric says it; null where there is no label, or labels are classes. */
export function meanLossesOf({ labels, losses }: Pick<PairedKeys, 'labels' | 'losses'>): MeanLosses | null {
  if (losses === undefined || labels === 0) return null;
  const { of, cap, most = 0 } = losses;
  const [champion, canary] = [losses.champion / labels, losses.canary / labels];
  switch (of) {
    case 'error':
      return { words: 'mean error', champion: champion * cap, canary: canary * cap, most: cap };
    case 'pinball':
      return { words: 'mean pinball loss', champion: (champion * cap) / 2, canary: (canary * cap) / 2, most: cap / 2 };
    case 'utility':
      return { words: 'mean utility', champion: most - champion * cap, canary: most - canary * cap, most: null };
    case 'cost':
      return { words: 'mean cost', champion: champion * cap, canary: canary * cap, most: cap };
    case 'ndcg':
      return { words: 'mean NDCG', champion: 1 - champion, canary: 1 - canary, most: null };
  }
}
