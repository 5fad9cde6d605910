import type { Predictions } from '../../../contracts/data/frame.ts';
import type { QualityEvidence } from '../../../contracts/evidence/quality.ts';
import type { Outcomes } from '../metric.ts';

/** Mean prediction and mean truth by bin of equally many rows in the order of the prediction; fewer bins for fewer rows. */
export function predictionBins(
  { truth }: Outcomes,
  { answer }: Predictions,
  count = 15,
): QualityEvidence['reliability'] {
  const order = Uint32Array.from(answer, (_, row) => row).sort((a, b) => answer[a]! - answer[b]!);
  const bins = Math.min(count, order.length);
  return Array.from({ length: bins }, (_, bin) => {
    const part = order.subarray(Math.floor((bin * order.length) / bins), Math.floor(((bin + 1) * order.length) / bins));
    const meanOf = (values: Float64Array): number => part.reduce((sum, row) => sum + values[row]!, 0) / part.length;
    return { predicted: meanOf(answer), observed: meanOf(truth), rows: part.length };
  });
}
