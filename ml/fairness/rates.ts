import type { Confusion } from '../metrics/confusion.ts';
import type { Groups } from './groups.ts';

/** Rates of the metric frame: what is counted (`events`), out of what (`trials`). */
export const rateNames = ['selectionRate', 'tpr', 'fpr', 'precision', 'errorRate'] as const;
export type RateName = (typeof rateNames)[number];

export interface Rate {
  readonly events: number;
  readonly trials: number;
}
export type Rates = Readonly<Record<RateName, Rate>>;

/**
 * Selection rate (predicted positives / rows), TPR, FPR, precision and error rate of one group, as counts; each is in [0, 1].
 * After fairlearn's MetricFrame.
 */
export function ratesOf(cells: Confusion): Rates {
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = cells;
  const rows = tp + fp + tn + fn;
  return {
    selectionRate: { events: tp + fp, trials: rows },
    tpr: { events: tp, trials: tp + fn },
    fpr: { events: fp, trials: fp + tn },
    precision: { events: tp, trials: tp + fp },
    errorRate: { events: fp + fn, trials: rows },
  };
}

/** The confusion counts of every group, in one pass. */
export function confusionByGroup({ names, index }: Groups, labels: Uint8Array, positive: Uint8Array): Confusion[] {
  const cells = new Int32Array(names.length * 4);
  for (let row = 0; row < labels.length; row++) {
    const cell = (index[row] ?? 0) * 4 + (labels[row] ?? 0) * 2 + (positive[row] ?? 0);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  return names.map((_, group) => ({
    trueNegatives: cells[group * 4] ?? 0,
    falsePositives: cells[group * 4 + 1] ?? 0,
    falseNegatives: cells[group * 4 + 2] ?? 0,
    truePositives: cells[group * 4 + 3] ?? 0,
  }));
}
