import { latencyBinOf, latencyEdgeMs, type LabelDelay } from '../../../contracts/evidence/release.ts';
import { numberAt } from './earliest-rows.ts';
import { labelOf, type RowOf } from './row-with-id.ts';

/** Labels whose delays are told, the most frequent ones. */
const mostTold = 10;

/** How long after their requests labels came, by what they say, in bins of an eighth of a doubling. */
export class LabelDelayCounter {
  readonly #bins = new Map<string, Map<number, number>>();

  /** A request and its label. */
  add(request: RowOf, label: RowOf): void {
    const text = labelOf(label);
    if (text === null) return;
    const bin = latencyBinOf(numberAt(label.segment.at, label.row) - numberAt(request.segment.at, request.row));
    const bins = this.#bins.get(text) ?? new Map<number, number>();
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
    this.#bins.set(text, bins);
  }

  /** The most frequent label first. */
  delays(): LabelDelay[] {
    return [...this.#bins]
      .map(([label, bins]) => {
        const labels = [...bins.values()].reduce((sum, count) => sum + count, 0);
        const sorted = [...bins].toSorted(([a], [b]) => a - b);
        return { label, labels, medianMs: quantile(sorted, labels / 2), p95Ms: quantile(sorted, 0.95 * labels) };
      })
      .toSorted((a, b) => b.labels - a.labels || (a.label < b.label ? -1 : 1))
      .slice(0, mostTold);
  }
}

/** The end of the bin that the label of that rank is in. */
function quantile(sorted: readonly (readonly [bin: number, count: number])[], rank: number): number {
  let passed = 0;
  for (const [bin, count] of sorted) if ((passed += count) >= rank) return latencyEdgeMs(bin + 1);
  return 0;
}
