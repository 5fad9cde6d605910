import type { Arm } from '../../../contracts/release/arm.ts';
import { numberAt } from './earliest-rows.ts';
import type { ReleaseWindow } from './release-window.ts';
import type { CompactSegment } from './log-columns.ts';

export function armOf(window: Pick<ReleaseWindow, 'champion' | 'canary'>, version: number): Arm | null {
  if (version === window.canary) return 'canary';
  return version === window.champion ? 'champion' : null;
}

/**
 * The candidate's share when a row was answered. Logged is the share of the arm `canary`, which the candidate has until it is
 * promoted, and the version before as a holdback.
 */
export const shareOf = (segment: CompactSegment, row: number, arm: Arm): number => {
  const logged = numberAt(segment.share, row);
  return (arm === 'canary') === (segment.isCanary[row] === 1) ? logged : 1 - logged;
};
