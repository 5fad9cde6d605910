import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import { rolledBackType } from '../contracts/names.ts';
import type { ReleasePlan, ReleaseRequest, ReleaseResult, TrafficChange } from '../contracts/release/release.ts';
import type { WorkPlan } from '../contracts/work.ts';
import { activitiesFor, openRelease } from './activities.ts';
import { onlyMeasures, phasesOf } from './release-phases.ts';
import { outcomeWords } from './outcome-words.ts';
import { ReleaseSession, type Standing } from './release-session.ts';
import { Platform } from './serve-by-record.ts';
import { unlessStopped } from './unless-stopped.ts';

/** Where a release goes on after it continued as new. */
interface Position extends Standing {
  plan: ReleasePlan;
  work: WorkPlan;
  /** Index into the phases of the plan. */
  phase: number;
  since: number;
  looks: number;
  /** Times of the canary's warm-up; absent where there was none. */
  skip?: { from: number; to: number }[];
}

/**
 * Shadow, canary steps, promotion, bake: one release of a model at a time, and always a way back. One that was rolled back fails, so that
 * the Web UI and alerts show it; no retry mends it.
 */
export async function release(request: ReleaseRequest, position?: Position): Promise<ReleaseResult> {
  const result = await takeToTraffic(request, position);
  if (result.outcome !== 'rolledBack') return result;
  throw ApplicationFailure.create({
    type: rolledBackType,
    message: `${outcomeWords.rolledBack}: ${result.reason}`,
    nonRetryable: true,
    details: [result],
  });
}

async function takeToTraffic(request: ReleaseRequest, position: Position | undefined): Promise<ReleaseResult> {
  const session = new ReleaseSession(request, position?.looks ?? 0, position);
  const taken = position ?? (await takeRelease(request, session));
  if (taken === null) return neverBegan(request, session);
  const { plan, work } = taken;
  session.opened(plan);
  const skip = [...(position?.skip ?? [])];
  const { shiftTraffic, lookAtRelease, recordRelease } = activitiesFor(work);
  const actor = plan.holder;
  const platform = new Platform(plan);

  const end = async (
    outcome: ReleaseResult['outcome'],
    reason: string,
    rest: Partial<Pick<ReleaseResult, 'evidence' | 'rollbackMs'>> = {},
  ): Promise<ReleaseResult> => {
    session.enter('ended', outcome === 'promoted' ? 1 : 0);
    session.ended(outcome, reason);
    await platform.insist();
    const result = {
      outcome,
      model: plan.model,
      version: plan.version,
      reason,
      looks: session.looks,
      evidence: null,
      rollbackMs: null,
      ...(plan.forced === undefined ? {} : { forced: plan.forced }),
      ...rest,
    };
    await recordRelease({ plan, result, commands: session.said() });
    return result;
  };
  const lost = (by: string, reason: string): Promise<ReleaseResult> => end('rolledBack', `${by}: ${reason}`);
  const rollBack = async (by: string, reason: string): Promise<ReleaseResult> => {
    const verdictAt = session.lastLook?.decision === 'rollback' ? session.lastLook.at : Date.now();
    const change = await shiftTraffic({ plan, to: { kind: 'restored' }, actor: by, reason });
    return change.status === 'lost'
      ? lost(change.by, change.reason)
      : end('rolledBack', reason, { evidence: session.lastLook?.evidence ?? null, rollbackMs: change.at - verdictAt });
  };
  /** Milliseconds until the total deadline. */
  const timeLeft = (): number => plan.startedAt + plan.deadlineMs + session.extendedMs - Date.now();
  const isOrderedBack = (): boolean => session.orderBack() !== null;
  /** Until the deadline, but at least so long from now. */
  const leftOf = (leastMs: number): (() => number) => {
    const latest = Date.now() + leastMs;
    return () => Math.max(timeLeft(), latest - Date.now());
  };
  const followBack = (): Promise<ReleaseResult> => {
    const { by, reason } = session.orderBack() ?? { by: actor, reason: 'a rollback was ordered' };
    return rollBack(by, reason);
  };

  try {
    if (isOrderedBack()) return await followBack();
    const phases = phasesOf(plan);
    for (let index = position?.phase ?? 0; index < phases.length; index += 1) {
      const phase = phases[index];
      if (phase === undefined) break;
      const resumed = position?.phase === index;
      session.enter(phase.kind, phase.share, resumed);
      const order = session.order;
      if (order?.command === 'promote' && phase.kind !== 'bake') continue;
      if (order?.command === 'promote') session.order = null;
      const shift = (): Promise<TrafficChange> =>
        shiftTraffic({
          plan,
          to: phase.traffic,
          actor: order?.by ?? actor,
          reason: order?.reason ?? `${phase.kind} of version ${plan.version}`,
        });
      // A frozen model makes it wait; a look's time is allowed to what was proven by the deadline's last look.
      const began = resumed
        ? null
        : await unlessStopped(shift, { isStopped: isOrderedBack, leftMs: leftOf(plan.lookEveryMs) });
      if (began !== null && began.status !== 'done')
        return began.status === 'stopped'
          ? await followBack()
          : await rollBack(
              'deadline',
              `${phase.kind} of version ${plan.version} could not begin by the total deadline`,
            );
      const shifted = began?.value ?? null;
      if (shifted?.status === 'lost') return await lost(shifted.by, shifted.reason);
      let since = shifted?.at ?? position?.since ?? Date.now();
      if (shifted !== null && plan.target !== undefined) {
        const served = await platform.serve({
          isOrdered: () => session.order !== null,
          leftMs: phase.kind === 'bake' ? null : Math.max(timeLeft(), 1),
        });
        if (isOrderedBack()) return await followBack();
        if (served.status === 'overdue')
          return await rollBack('deadline', `${plan.target} did not serve by the record by the total deadline`);
        if (served.status === 'ordered') continue;
        if (served.at !== undefined) {
          // Until the platform serves by it, the share is not that of the record.
          skip.push({ from: since, to: served.at });
          since = served.at;
        }
      }
      // What the canary says while its caches are cold is left out, of both versions.
      const warmUpMs = plan.warmUpMs ?? 0;
      if (!resumed && warmUpMs > 0 && phase.kind === 'canary' && phase.step === 0)
        skip.push({ from: since, to: since + warmUpMs });

      for (;;) {
        await session.nextLook(
          phase.kind === 'bake' ? plan.lookEveryMs : Math.min(plan.lookEveryMs, Math.max(timeLeft(), 1)),
        );
        if (isOrderedBack()) return await followBack();
        if (session.order?.command === 'promote' || session.goesOn) break;
        if (session.retry) {
          session.retry = false;
          since = Date.now();
        }
        const asked = {
          plan,
          phase: phase.kind,
          step: phase.step,
          since,
          ...(skip.length > 0 ? { skip } : {}),
          ...(session.acknowledged.length > 0 ? { acknowledged: session.acknowledged } : {}),
        };
        const looked = await unlessStopped(() => lookAtRelease(asked), {
          isStopped: () => session.isCalled,
          ...(phase.kind === 'bake' ? {} : { leftMs: leftOf(lastLookMs) }),
        });
        if (looked.status !== 'done') {
          if (looked.status === 'stopped') continue;
          const seen = session.lastLook?.reasons.join('; ') ?? 'none has ended';
          return await rollBack(
            'deadline',
            `not proven by the total deadline, by which the last look did not end; the one before: ${seen}`,
          );
        }
        const look = looked.value;
        session.saw(look);
        if (look.decision === 'lost') return await lost('taken away', look.reasons.join('; '));
        if (look.decision === 'rollback') return await rollBack('guard', look.reasons[0] ?? 'a guard convicted');
        if (look.decision === 'pause') session.pauseFor(look.convicted ?? []);
        // What a person ordered while the look was taken comes first: no step forward may overtake a rollback.
        if (session.order !== null) continue;
        if (look.decision === 'advance' && !session.paused) {
          if (!phase.pause) break;
          session.pauseHere();
        }
        if (timeLeft() <= 0 && phase.kind !== 'bake')
          return await rollBack('deadline', `not proven by the total deadline: ${look.reasons.join('; ')}`);
        if (workflowInfo().continueAsNewSuggested && !session.isCalled)
          await continueAsNew<typeof release>(request, {
            plan,
            work,
            phase: index,
            since,
            looks: session.looks,
            ...session.standing(),
            skip,
          });
      }
    }
    if (onlyMeasures(plan) && session.order?.command !== 'promote') {
      session.enter('ended', 0);
      const restored = await shiftTraffic({ plan, to: { kind: 'restored' }, actor, reason: 'the measurement is over' });
      if (restored.status === 'lost') return await lost(restored.by, restored.reason);
      return await end('measured', session.lastLook?.reasons.join('; ') ?? 'nothing was seen', {
        evidence: session.lastLook?.evidence ?? null,
      });
    }
    // From here on a `rollback` would come too late to be followed: it is refused, and the workflow of that name takes over.
    session.enter('ended', 1);
    const settled = await shiftTraffic({
      plan,
      to: { kind: 'settled' },
      actor,
      reason: `version ${plan.version} is promoted`,
    });
    if (settled.status === 'lost') return await lost(settled.by, settled.reason);
    return await end('promoted', plan.champion === null ? 'the first version of the model' : 'every phase passed', {
      evidence: session.lastLook?.evidence ?? null,
    });
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    // If a cancellation or a broken activity ends a release before its time, the champion gets its traffic back.
    const reason = isCancellation(error) ? 'the release was cancelled' : `the release failed: ${whyOf(error)}`;
    await CancellationScope.nonCancellable(() => rollBack(actor, reason));
    throw error;
  }
}

/** What an activity said, not that one failed. */
function whyOf(error: unknown): string {
  const { message } = error instanceof ActivityFailure && error.cause !== undefined ? error.cause : (error as Error);
  return message;
}

/** Of a look that begins at the total deadline, milliseconds. */
const lastLookMs = 5_000;

/** Waits until the model's deployment record is free, and takes it; null where a person ordered the release back before. */
async function takeRelease(
  request: ReleaseRequest,
  session: ReleaseSession,
): Promise<{ plan: ReleasePlan; work: WorkPlan } | null> {
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

/** What it would have taken over of the record has no effect on traffic, and is taken over by the next release. */
function neverBegan({ model, version }: ReleaseRequest, session: ReleaseSession): ReleaseResult {
  session.enter('ended', 0);
  const { by, reason } = session.orderBack() ?? { by: 'unknown', reason: 'ordered back' };
  const why = `${by}: ${reason}, before it began`;
  session.ended('rolledBack', why);
  return { outcome: 'rolledBack', model, version, reason: why, looks: 0, evidence: null, rollbackMs: null };
}
