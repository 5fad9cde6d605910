import type { ReleaseProgress } from '../contracts/release/release.ts';

/** The evidence that a release waits for, in the words of its last analysis; null where it does not wait, or for time alone. */
export function heldBy({ lastAnalysis }: Pick<ReleaseProgress, 'lastAnalysis'>): string | null {
  return lastAnalysis?.decision === 'hold' ? (lastAnalysis.reasons[0] ?? null) : null;
}

/** What a release that holds waits for: evidence, or time alone. Null where it does not hold. */
export function waitsFor(progress: Pick<ReleaseProgress, 'lastAnalysis'>): string | null {
  const held = heldBy(progress);
  if (held !== null) return `evidence: ${held}`;
  return progress.lastAnalysis?.decision === 'hold' ? 'the end of the phase' : null;
}

/** Whether a hold was there in an analysis before: the first one of a phase holds for a lack of requests that is none. */
export class LastingHolds {
  readonly #since = new Map<string, number>();

  /** `at`: the time of the analysis. */
  isOld(hold: string, at: number): boolean {
    const key = holdKey(hold);
    const since = this.#since.get(key);
    if (since === undefined) this.#since.set(key, at);
    return since !== undefined && at > since;
  }
}

/** Equal for holds that differ in their numbers alone, as those of two analyses. */
export const holdKey = (text: string): string => text.replaceAll(/\d+([.,]\d+)*/g, '#');
