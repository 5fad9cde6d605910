import type { Arm } from '../../../contracts/release/arm.ts';
import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { textAt } from './earliest-rows.ts';
import type { CompactSegment } from './log-columns.ts';

/** Counts what each serving process answered, by version. */
export class InstanceCounter {
  readonly #instances = new Map<string, Record<Arm, { requests: number; errors: number }>>();

  add(segment: CompactSegment, row: number, arm: Arm): void {
    const name = textAt(segment.texts, segment.instance, row) ?? '';
    let arms = this.#instances.get(name);
    if (arms === undefined) {
      arms = { champion: { requests: 0, errors: 0 }, canary: { requests: 0, errors: 0 } };
      this.#instances.set(name, arms);
    }
    arms[arm].requests += 1;
    if (segment.isError[row] === 1) arms[arm].errors += 1;
  }

  /** In the order of their names. */
  counts(): ReleaseObservation['instances'] {
    return [...this.#instances]
      .map(([instance, arms]) => ({
        instance,
        requests: arms.champion.requests + arms.canary.requests,
        errors: arms.champion.errors + arms.canary.errors,
        arms,
      }))
      .toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
  }
}
