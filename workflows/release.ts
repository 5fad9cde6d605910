import {
  CancellationScope,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReleasePlan, ReleaseRequest, ReleaseResult, TrafficState } from '../contracts/release.ts';
import type { WorkPlan } from '../contracts/work.ts';
import { activitiesFor, openRelease } from './activities.ts';
import { ReleaseSession } from './release-session.ts';

/** Where a release goes on after it continued as new. */
interface Position {
  plan: ReleasePlan;
  work: WorkPlan;
  /** Index into the phases of the plan. */
  phase: number;
  since: number;
  looks: number;
  paused: boolean;
}

interface Phase {
  kind: 'shadow' | 'canary' | 'bake';
  step: number;
  share: number;
  traffic: TrafficState;
}

/** Shadow, canary steps, promotion, bake: one release of a model at a time, and always a way back. */
export async function release(request: ReleaseRequest, position?: Position): Promise<ReleaseResult> {
  const session = new ReleaseSession(request, position?.looks ?? 0);
  session.paused = position?.paused ?? false;
  const { plan, work } = position ?? (await takeRelease(request, session));
  session.opened(plan.champion);
  const { shiftTraffic, lookAtRelease } = activitiesFor(work);
  const actor = plan.holder;

  const end = (
    outcome: ReleaseResult['outcome'],
    reason: string,
    rest: Partial<Pick<ReleaseResult, 'evidence' | 'rollbackMs'>> = {},
  ): ReleaseResult => {
    session.enter('ended', outcome === 'promoted' ? 1 : 0);
    return {
      outcome,
      model: plan.model,
      version: plan.version,
      reason,
      looks: session.looks,
      evidence: null,
      rollbackMs: null,
      ...rest,
    };
  };
  const lost = (by: string, reason: string): ReleaseResult => end('rolledBack', `${by}: ${reason}`);
  const rollBack = async (by: string, reason: string): Promise<ReleaseResult> => {
    const verdictAt = session.lastLook?.decision === 'rollback' ? session.lastLook.at : Date.now();
    const change = await shiftTraffic({ plan, to: { kind: 'restored' }, actor: by, reason });
    return change.status === 'lost'
      ? lost(change.by, change.reason)
      : end('rolledBack', reason, { evidence: session.lastLook?.evidence ?? null, rollbackMs: change.at - verdictAt });
  };

  try {
    const early = session.order;
    if (early?.command === 'rollback') return await rollBack(early.by, early.reason);
    const phases = phasesOf(plan);
    for (let index = position?.phase ?? 0; index < phases.length; index += 1) {
      const phase = phases[index];
      if (phase === undefined) break;
      const resumed = position?.phase === index;
      session.enter(phase.kind, phase.share);
      const order = session.order;
      if (order?.command === 'promote' && phase.kind !== 'bake') continue;
      if (order?.command === 'promote') session.order = null;
      const shifted = resumed
        ? null
        : await shiftTraffic({
            plan,
            to: phase.traffic,
            actor: order?.by ?? actor,
            reason: order?.reason ?? `${phase.kind} of version ${plan.version}`,
          });
      if (shifted?.status === 'lost') return lost(shifted.by, shifted.reason);
      const since = shifted?.at ?? position?.since ?? Date.now();

      for (;;) {
        await session.nextLook(plan.lookEveryMs);
        if (session.order?.command === 'rollback') return await rollBack(session.order.by, session.order.reason);
        if (session.order?.command === 'promote') break;
        const look = await lookAtRelease({ plan, phase: phase.kind, step: phase.step, since });
        session.saw(look);
        if (look.decision === 'lost') return lost('taken away', look.reasons.join('; '));
        if (look.decision === 'rollback') return await rollBack('guard', look.reasons[0] ?? 'a guard convicted');
        // What a person ordered while the look was taken comes first: no step forward may overtake a rollback.
        if (session.order !== null) continue;
        if (look.decision === 'advance' && !session.paused) break;
        const overdue = Date.now() - plan.startedAt - plan.deadlineMs;
        if (overdue >= 0 && phase.kind !== 'bake')
          return await rollBack('deadline', `not proven by the total deadline: ${look.reasons.join('; ')}`);
        if (workflowInfo().continueAsNewSuggested)
          await continueAsNew<typeof release>(request, {
            plan,
            work,
            phase: index,
            since,
            looks: session.looks,
            paused: session.paused,
          });
      }
    }
    // From here on a `rollback` would come too late to be followed: it is refused, and the workflow of that name takes over.
    session.enter('ended', 1);
    const settled = await shiftTraffic({
      plan,
      to: { kind: 'settled' },
      actor,
      reason: `version ${plan.version} is promoted`,
    });
    if (settled.status === 'lost') return lost(settled.by, settled.reason);
    return end('promoted', plan.champion === null ? 'the first version of the model' : 'every phase passed', {
      evidence: session.lastLook?.evidence ?? null,
    });
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    // Whatever ends a release before its time, a cancellation or a broken activity: the champion gets its traffic back.
    const reason = isCancellation(error)
      ? 'the release was cancelled'
      : `the release failed: ${(error as Error).message}`;
    await CancellationScope.nonCancellable(() => rollBack(actor, reason));
    throw error;
  }
}

/** Waits until the model's deployment record is free, and takes it. */
async function takeRelease(
  request: ReleaseRequest,
  session: ReleaseSession,
): Promise<{ plan: ReleasePlan; work: WorkPlan }> {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const holder = `${workflowId}/${firstExecutionRunId}`;
  for (;;) {
    const opened = await openRelease({ request, holder });
    if (opened.status === 'open') {
      session.wait(null);
      return opened;
    }
    session.wait(`the release "${opened.holder}" that is under way`);
    await sleep(opened.retryMs, { summary: `${opened.holder} holds the release` });
  }
}

/** The first version of a model has nobody to be compared with: it goes straight to all traffic. */
function phasesOf(plan: ReleasePlan): Phase[] {
  if (plan.champion === null) return [];
  return [
    { kind: 'shadow', step: 0, share: 0, traffic: { kind: 'shadow' } },
    ...plan.steps.map((share, step): Phase => ({ kind: 'canary', step, share, traffic: { kind: 'canary', share } })),
    { kind: 'bake', step: 0, share: 1, traffic: { kind: 'promoted' } },
  ];
}
