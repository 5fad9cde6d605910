import { numberAt } from './earliest-rows.ts';
import type { ReleaseWindow } from './release-window.ts';
import type { CompactSegment } from './log-columns.ts';

/** Which of the release's versions answered. */
export type Side = 'champion' | 'canary';

export function sideOf(window: Pick<ReleaseWindow, 'champion' | 'canary'>, version: number): Side | null {
  if (version === window.canary) return 'canary';
  return version === window.champion ? 'champion' : null;
}

/**
 * The candidate's share when a row was answered. Logged is the share of the arm `canary`, which the candidate has until it is
 * promoted, and the version before as a holdback.
 */
export const shareOf = (segment: CompactSegment, row: number, side: Side): number => {
  const logged = numberAt(segment.share, row);
  return (side === 'canary') === (segment.isCanary[row] === 1) ? logged : 1 - logged;
};
