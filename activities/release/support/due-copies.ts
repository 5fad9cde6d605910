import { longestSegmentMs } from '../../../contracts/serving/prediction-log.ts';
import type { ReleasePlan } from '../../../contracts/release/release.ts';
import type { CopyWindow } from '../../../policy/release/observe/release-window.ts';
import type { Ports } from '../../ports.ts';

/**
 * Age of a request at which its copy is in the store if it ever comes: a gateway seals what it logged within `longestSegmentMs`, and as
 * long is allowed for the copy's wait in the queue and for the segment's way to the store.
 */
export const copyGraceMs = 2 * longestSegmentMs;

/**
 * By what a look at `at`, milliseconds since the epoch, tells which copies never came, as those that waited in a process that was killed.
 * Absent while no request is old enough, or nothing was copied.
 */
export async function copiesToExpect(
  registry: Pick<Ports['registry'], 'heldStates'>,
  plan: Pick<ReleasePlan, 'model' | 'holder' | 'champion' | 'startedAt' | 'hotfix' | 'shadow'>,
  at: number,
): Promise<{ copies?: CopyWindow }> {
  const dueBefore = at - copyGraceMs;
  const { model, holder, champion, startedAt, hotfix, shadow } = plan;
  if (champion === null || hotfix || shadow.sample === 0 || dueBefore <= startedAt) return {};
  const states = await registry.heldStates(model, holder);
  const [first] = states;
  // A salt is drawn when a release takes the record, and stays.
  const records = states.filter(({ salt }) => salt === first?.salt);
  return first === undefined ? {} : { copies: { salt: first.salt, records, dueBefore } };
}
