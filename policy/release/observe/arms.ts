import type { ArmCounts } from '../../../contracts/evidence/release.ts';
import { numberAt } from './earliest-rows.ts';
import type { CompactSegment } from './log-columns.ts';

/** Counts what one version answered. */
export class ArmCounter {
  readonly #slowMs: number;
  #ms = new Float64Array(1_024);
  #requests = 0;
  #errors = 0;
  #slow = 0;
  #positives = 0;

  constructor(slowMs: number) {
    this.#slowMs = slowMs;
  }

  add(segment: CompactSegment, row: number, isPositive: boolean | null): void {
    const ms = numberAt(segment.ms, row);
    if (this.#requests === this.#ms.length) {
      const longer = new Float64Array(2 * this.#ms.length);
      longer.set(this.#ms);
      this.#ms = longer;
    }
    this.#ms[this.#requests] = ms;
    this.#requests += 1;
    if (segment.isError[row] === 1) this.#errors += 1;
    if (ms > this.#slowMs) this.#slow += 1;
    if (isPositive) this.#positives += 1;
  }

  counts(): ArmCounts {
    const sorted = this.#ms.subarray(0, this.#requests).sort();
    return {
      requests: sorted.length,
      errors: this.#errors,
      slow: this.#slow,
      positives: this.#positives,
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
    };
  }
}

/** Nearest rank: the smallest value that at least a share `q` of the values do not exceed. Null of nothing. */
function quantile(sorted: Float64Array, q: number): number | null {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}
