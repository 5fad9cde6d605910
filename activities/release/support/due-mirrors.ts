import { longestSegmentMs } from '../../../contracts/serving/prediction-log.ts';
import type { ReleasePlan } from '../../../contracts/release/release.ts';
import type { MirrorWindow } from '../../../policy/release/observe/release-window.ts';
import type { Ports } from '../../ports.ts';

/**
 * Age of a request at which its mirror is in the store if it ever comes: a gateway seals what it logged within `longestSegmentMs`, and as
 * long is allowed for the mirror's wait in the queue and for the segment's way to the store.
 */
export const mirrorGraceMs = 2 * longestSegmentMs;

/**
 * By what a look at `at`, milliseconds since the epoch, tells which mirrors never came, as those that waited in a process that was killed.
 * Absent while no request is old enough, or nothing was mirrored.
 */
export async function mirrorsToExpect(
  registry: Pick<Ports['registry'], 'heldStates'>,
  plan: Pick<ReleasePlan, 'model' | 'holder' | 'champion' | 'startedAt' | 'hotfix' | 'shadow'>,
  at: number,
): Promise<{ mirrors?: MirrorWindow }> {
  const dueBefore = at - mirrorGraceMs;
  const { model, holder, champion, startedAt, hotfix, shadow } = plan;
  if (champion === null || hotfix || shadow.sample === 0 || dueBefore <= startedAt) return {};
  const states = await registry.heldStates(model, holder);
  const [first] = states;
  // A salt is drawn when a release takes the record, and stays.
  const records = states.filter(({ salt }) => salt === first?.salt);
  return first === undefined ? {} : { mirrors: { salt: first.salt, records, dueBefore } };
}
