import {
  ActivityFailure,
  CancellationScope,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { AnalysisRequest } from '../contracts/release/analysis-request.ts';
import type { Analysis, ReleaseRequest, ReleaseResult } from '../contracts/release/release.ts';
import { activitiesFor, type PlacedActivities } from './activities.ts';
import type { CarriedState } from './carried-state.ts';
import { ReleaseEnding } from './release-ending.ts';
import type { Taken } from './release-opening.ts';
import { onlyMeasures, phasesOf, type Phase } from './release-phases.ts';
import type { Order, ReleaseSession } from './release-session.ts';
import { ServingPlatform } from './serve-by-record.ts';
import { TotalDeadline } from './total-deadline.ts';
import { unlessStopped } from './unless-stopped.ts';

/** Where a release goes on after it continued as new. */
export interface Position extends CarriedState, Taken {
  /** Index into the phases of the plan. */
  readonly phase: number;
  readonly since: number;
  readonly skip: AnalysisRequest['skip'];
}

type Workflow = (request: ReleaseRequest, position: Position) => Promise<ReleaseResult>;

/** `overtaken`: a person ordered the promotion before the platform served the phase. */
type Beginning = ReleaseResult | 'begun' | 'overtaken';

/** Time that the analysis at the total deadline may take, milliseconds. */
const lastAnalysisMs = 5_000;

/** One release from its first phase to its end. */
export class ReleaseRun {
  private readonly request: ReleaseRequest;
  private readonly session: ReleaseSession;
  private readonly taken: Taken;
  private readonly activities: PlacedActivities;
  private readonly platform: ServingPlatform;
  private readonly deadline: TotalDeadline;
  private readonly ending: ReleaseEnding;
  private readonly phases: readonly Phase[];
  /** The phase that an earlier execution began; null where this is the first. */
  private readonly resumed: number | null;
  private index: number;
  /** When the phase began, milliseconds since the epoch. */
  private since: number;
  private readonly skip: AnalysisRequest['skip'];

  constructor(request: ReleaseRequest, session: ReleaseSession, taken: Taken, position: Position | undefined) {
    const { plan, work } = taken;
    this.request = request;
    this.session = session;
    this.taken = { plan, work };
    this.activities = activitiesFor(work);
    this.platform = new ServingPlatform(plan);
    this.deadline = new TotalDeadline(plan, session);
    this.ending = new ReleaseEnding(plan, session, this.platform, this.activities);
    this.phases = phasesOf(plan);
    this.resumed = position?.phase ?? null;
    this.index = position?.phase ?? 0;
    this.since = position?.since ?? plan.startedAt;
    this.skip = [...(position?.skip ?? [])];
  }

  /** If a cancellation or a broken activity ends the release before its time, the champion gets its traffic back. */
  async run(): Promise<ReleaseResult> {
    this.session.opened(this.taken.plan);
    try {
      return await this.takeToTraffic();
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      const reason = isCancellation(error) ? 'the release was cancelled' : `the release failed: ${whyOf(error)}`;
      await CancellationScope.nonCancellable(() => this.ending.rolledBack(this.taken.plan.holder, reason));
      throw error;
    }
  }

  private async takeToTraffic(): Promise<ReleaseResult> {
    if (this.isOrderedBack()) return this.ending.orderedBack();
    for (const phase of this.phases.slice(this.index)) {
      const ended = await this.passThrough(phase);
      if (ended !== null) return ended;
      this.index += 1;
    }
    return onlyMeasures(this.taken.plan) && this.session.order?.command !== 'promote'
      ? this.ending.measured()
      : this.ending.promoted();
  }

  /** Null once the phase is proven, or once a person ordered the promotion. */
  private async passThrough(phase: Phase): Promise<ReleaseResult | null> {
    const { session } = this;
    const isResumed = this.resumed === this.index;
    session.enter(phase.kind, phase.share, isResumed);
    const { order } = session;
    if (order?.command === 'promote') {
      if (phase.kind !== 'bake') return null;
      session.order = null;
    }
    const beginning = isResumed ? 'begun' : await this.begin(phase, order);
    if (beginning === 'overtaken') return null;
    return beginning === 'begun' ? this.lookUntilProven(phase) : beginning;
  }

  private async begin(phase: Phase, order: Order | null): Promise<Beginning> {
    const { plan } = this.taken;
    const name = `${phase.kind} of version ${plan.version}`;
    const change = { plan, to: phase.traffic, actor: order?.by ?? plan.holder, reason: order?.reason ?? name };
    // A frozen model makes it wait. What the last analysis before the deadline proved may still begin.
    const shifted = await unlessStopped(() => this.activities.shiftTraffic(change), {
      isStopped: () => this.isOrderedBack(),
      leftMs: this.deadline.leftAtLeast(plan.analyzeEveryMs),
    });
    if (shifted.status === 'stopped') return this.ending.orderedBack();
    if (shifted.status === 'overdue') return this.overdue(`${name} could not begin by the total deadline`);
    if (shifted.value.status === 'lost') return this.ending.lost(shifted.value.by, shifted.value.reason);
    this.since = shifted.value.at;
    const beginning = plan.target === undefined ? 'begun' : await this.serve(phase, plan.target);
    // While the canary's caches are cold, requests of both versions are left out.
    if (beginning === 'begun' && plan.warmUpMs > 0 && phase.kind === 'canary' && phase.step === 0)
      this.skip.push({ from: this.since, to: this.since + plan.warmUpMs });
    return beginning;
  }

  /** Waits until another platform serves the phase. */
  private async serve(phase: Phase, target: string): Promise<Beginning> {
    const served = await this.platform.serve({
      isOrdered: () => this.session.order !== null,
      leftMs: phase.kind === 'bake' ? null : Math.max(this.deadline.left(), 1),
    });
    if (this.isOrderedBack()) return this.ending.orderedBack();
    if (served.status === 'overdue') return this.overdue(`${target} did not serve by the record by the total deadline`);
    if (served.status === 'ordered') return 'overtaken';
    if (served.at !== undefined) {
      // Until the platform serves by the record, the share in force is another one.
      this.skip.push({ from: this.since, to: served.at });
      this.since = served.at;
    }
    return 'begun';
  }

  private async lookUntilProven(phase: Phase): Promise<ReleaseResult | null> {
    const { session } = this;
    const { analyzeEveryMs } = this.taken.plan;
    for (;;) {
      await session.nextAnalysis(
        phase.kind === 'bake' ? analyzeEveryMs : Math.min(analyzeEveryMs, Math.max(this.deadline.left(), 1)),
      );
      if (this.isOrderedBack()) return this.ending.orderedBack();
      if (session.order?.command === 'promote' || session.goesOn) return null;
      if (session.retry) {
        session.retry = false;
        this.since = Date.now();
      }
      const analyzed = await this.analysis(phase);
      if (analyzed.status === 'stopped') continue;
      if (analyzed.status === 'overdue') {
        const seen = session.lastAnalysis?.reasons.join('; ') ?? 'none has ended';
        return this.overdue(
          `not proven by the total deadline, by which the last analysis did not end; the one before: ${seen}`,
        );
      }
      const next = await this.follow(analyzed.value, phase);
      if (next === 'proven') return null;
      if (next !== 'again') return next;
    }
  }

  private analysis({ kind, step }: Phase) {
    const { plan } = this.taken;
    const { session, since, skip } = this;
    const request: AnalysisRequest = { plan, phase: kind, step, since, skip, acknowledged: session.acknowledged };
    return unlessStopped(() => this.activities.analyzeRelease(request), {
      isStopped: () => session.isCalled,
      ...(kind === 'bake' ? {} : { leftMs: this.deadline.leftAtLeast(lastAnalysisMs) }),
    });
  }

  private async follow(analysis: Analysis, phase: Phase): Promise<ReleaseResult | 'proven' | 'again'> {
    const { session } = this;
    session.saw(analysis);
    if (analysis.decision === 'lost') return this.ending.lost('taken away', analysis.reasons.join('; '));
    if (analysis.decision === 'rollback')
      return this.ending.rolledBack('guard', analysis.reasons[0] ?? 'a guard fired');
    if (analysis.decision === 'pause') session.pauseFor(analysis.fired);
    // What a person ordered during the analysis comes first: no step forward may overtake a rollback.
    if (session.order !== null) return 'again';
    if (analysis.decision === 'advance' && !session.paused) {
      if (!phase.pause) return 'proven';
      session.pauseHere();
    }
    if (this.deadline.left() <= 0 && phase.kind !== 'bake')
      return this.overdue(`not proven by the total deadline: ${analysis.reasons.join('; ')}`);
    if (workflowInfo().continueAsNewSuggested && !session.isCalled) await this.continueAsNew();
    return 'again';
  }

  private continueAsNew(): Promise<never> {
    const { taken, index, since, skip, session } = this;
    return continueAsNew<Workflow>(this.request, { ...taken, phase: index, since, skip, ...session.carried() });
  }

  private overdue(reason: string): Promise<ReleaseResult> {
    return this.ending.rolledBack('deadline', reason);
  }

  private isOrderedBack(): boolean {
    return this.session.orderBack() !== null;
  }
}

/** What an activity said, not that one failed. */
function whyOf(error: unknown): string {
  const { message } = error instanceof ActivityFailure && error.cause !== undefined ? error.cause : (error as Error);
  return message;
}
