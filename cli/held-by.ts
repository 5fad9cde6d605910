import type { ReleaseProgress } from '../contracts/release/release.ts';

/** What a release that holds waits for, in the words of its last analysis; null where it does not hold. */
export function heldBy({ lastAnalysis }: Pick<ReleaseProgress, 'lastAnalysis'>): string | null {
  if (lastAnalysis?.decision !== 'hold') return null;
  const [reason] = lastAnalysis.reasons;
  return reason === undefined ? 'the end of the phase' : `evidence: ${reason}`;
}

/** Equal for holds that differ in their numbers alone, as those of two analyses. */
export const holdKey = (text: string): string => text.replaceAll(/\d+([.,]\d+)*/g, '#');
