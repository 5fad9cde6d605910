import type { MissingInput } from '../../../contracts/evidence/release.ts';
import { missingInputsOf } from '../../../contracts/serving/misfit-note.ts';
import { numberAt, textAt } from './earliest-rows.ts';
import type { CompactSegment } from './log-columns.ts';

/** Inputs that an analysis names. */
const mostNamed = 10;

/** Counts the requests that lack an input, by the version that needs it. */
export class MissingInputCounter {
  readonly #counts = new Map<string, MissingInput>();

  /** The row is of a request that the version cannot take. */
  add({ texts, label, version }: CompactSegment, row: number): void {
    const missing = missingInputsOf(textAt(texts, label, row) ?? '');
    if (missing === null) return;
    const { kind } = missing;
    for (const input of missing.names) {
      const of = numberAt(version, row);
      const key = JSON.stringify([of, kind, input]);
      const requests = (this.#counts.get(key)?.requests ?? 0) + 1;
      this.#counts.set(key, { version: of, kind, input, requests });
    }
  }

  /** The most frequent ones first. */
  counts(): MissingInput[] {
    return [...this.#counts.values()]
      .toSorted((a, b) => b.requests - a.requests || a.version - b.version || (a.input < b.input ? -1 : 1))
      .slice(0, mostNamed);
  }
}
