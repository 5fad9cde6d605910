import type { QualityEvidence } from '../../contracts/evidence/quality.ts';
import { equalWidthBins } from '../calibration/bins.ts';
import { rankScores } from './auc.ts';

/**
 * Points `[false positive rate, true positive rate]` of the ROC curve from [0, 0] to [1, 1], one per distinct score, thinned
 * evenly to at most `most`. Empty where one class is absent.
 */
export function rocPoints(labels: Uint8Array, probability: Float64Array, most = 100): QualityEvidence['roc'] {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const { order, ends } = rankScores(probability);
  const points: [number, number][] = [[0, 0]];
  let [up, down] = [0, 0];
  let end = order.length;
  for (let run = ends.length - 2; run >= -1; run--) {
    const start = run < 0 ? 0 : (ends[run] ?? 0);
    for (let i = start; i < end; i++) {
      if (labels[order[i] ?? 0] === 1) up++;
      else down++;
    }
    points.push([down / negatives, up / positives]);
    end = start;
  }
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))] ?? [1, 1]);
}

/** Points of the reliability diagram: mean prediction and share of positives per bin of equal width; empty bins are left out. */
export const reliabilityBins = (
  labels: Uint8Array,
  probability: Float64Array,
  count = 15,
): QualityEvidence['reliability'] =>
  equalWidthBins(labels, probability, count).map(({ predicted, observed, rows }) => ({ predicted, observed, rows }));
