import { condition, workflowInfo } from '@temporalio/workflow';
import type { ReleasePlan, ReleaseRequest, ReleaseResult } from '../contracts/release/release.ts';
import type { WorkPlan } from '../contracts/work.ts';
import { openRelease } from './activities.ts';
import type { ReleaseSession } from './release-session.ts';
import { unlessStopped } from './unless-stopped.ts';

/** What a release holds once the model's deployment record is its own. */
export interface Taken {
  readonly plan: ReleasePlan;
  readonly work: WorkPlan;
}

/** Waits until the model's deployment record is free, and takes it; null where a person ordered the release back before. */
export async function takeRelease(request: ReleaseRequest, session: ReleaseSession): Promise<Taken | null> {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const holder = `${workflowId}/${firstExecutionRunId}`;
  const isStopped = (): boolean => session.orderBack() !== null;
  for (;;) {
    const asked = await unlessStopped(() => openRelease({ request, holder }), { isStopped });
    if (asked.status !== 'done') return null;
    const opened = asked.value;
    if (opened.status === 'open') {
      session.wait(null);
      return opened;
    }
    session.wait(opened.why ?? `the release "${opened.holder}" that is under way`);
    await condition(isStopped, opened.retryMs, { summary: `${opened.holder} holds the release` });
    if (isStopped()) return null;
  }
}

/** A record that was taken for it has no effect on traffic; the next release takes the record over. */
export function neverBegan({ model, version }: ReleaseRequest, session: ReleaseSession): ReleaseResult {
  session.enter('ended', 0);
  const { by, reason } = session.orderBack() ?? { by: 'unknown', reason: 'ordered back' };
  const why = `${by}: ${reason}, before it began`;
  session.ended('rolledBack', why);
  return { outcome: 'rolledBack', model, version, reason: why, analyses: 0, evidence: null, rollbackMs: null };
}
