import { z } from 'zod';

/** What losses in [0, 1] of answers are, where these are not right or wrong. */
export const lossScaleSchema = z.object({
  of: z.enum(['error', 'pinball', 'ndcg', 'utility', 'cost']),
  /** What 1 is: the error, or twice the pinball loss, in the target's unit; the range of `utility`, the greatest `cost`; of a ranking 1. */
  cap: z.number(),
  /** The worth that loses nothing, of `utility`. */
  most: z.number().optional(),
});
export type LossScale = z.infer<typeof lossScaleSchema>;

export interface ShownLoss {
  /** What a mean loss is shown as, for a sentence. */
  readonly words: string;
  /** A mean loss as the metric says it. */
  readonly shown: (mean: number) => number;
  /** The greatest one that counts; null where none is above it. */
  readonly most: number | null;
}

/** A change of a mean loss as the metric says it. */
export const shownChange = ({ shown }: Pick<ShownLoss, 'shown'>, by: number): number => shown(by) - shown(0);

export function shownLoss({ of, cap, most = 0 }: LossScale): ShownLoss {
  switch (of) {
    case 'error':
      return { words: 'mean error', shown: (mean) => mean * cap, most: cap };
    case 'pinball':
      return { words: 'mean pinball loss', shown: (mean) => (mean * cap) / 2, most: cap / 2 };
    case 'cost':
      return { words: 'mean cost', shown: (mean) => mean * cap, most: cap };
    case 'utility':
      return { words: 'mean utility', shown: (mean) => most - mean * cap, most: null };
    case 'ndcg':
      return { words: 'mean NDCG', shown: (mean) => 1 - mean, most: null };
  }
}
