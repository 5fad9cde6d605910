import type { ReleasePlan, ReleaseResult, TrafficChange, TrafficState } from '../contracts/release/release.ts';
import type { PlacedActivities } from './activities.ts';
import type { ReleaseSession } from './release-session.ts';
import type { ServingPlatform } from './serve-by-record.ts';

type Activities = Pick<PlacedActivities, 'shiftTraffic' | 'recordRelease'>;
type Rest = Partial<Pick<ReleaseResult, 'evidence' | 'rollbackMs'>>;

/** The ways in which a release ends: each moves traffic for good, tells the platform, and records the result. */
export class ReleaseEnding {
  private readonly plan: ReleasePlan;
  private readonly session: ReleaseSession;
  private readonly platform: ServingPlatform;
  private readonly activities: Activities;

  constructor(plan: ReleasePlan, session: ReleaseSession, platform: ServingPlatform, activities: Activities) {
    this.plan = plan;
    this.session = session;
    this.platform = platform;
    this.activities = activities;
  }

  async promoted(): Promise<ReleaseResult> {
    const { champion, version, holder } = this.plan;
    // From here on a `rollback` would come too late to be followed: it is refused, and the workflow of that name takes over.
    this.session.enter('ended', 1);
    const settled = await this.shift('settled', holder, `version ${version} is promoted`);
    if (settled.status === 'lost') return this.lost(settled.by, settled.reason);
    const reason = champion === null ? 'the first version of the model' : 'every phase passed';
    return this.end('promoted', reason, { evidence: this.lastEvidence });
  }

  /** The release only measured: the champion gets all traffic back. */
  async measured(): Promise<ReleaseResult> {
    this.session.enter('ended', 0);
    const restored = await this.shift('restored', this.plan.holder, 'the measurement is over');
    if (restored.status === 'lost') return this.lost(restored.by, restored.reason);
    const reason = this.session.lastAnalysis?.reasons.join('; ') ?? 'nothing was seen';
    return this.end('measured', reason, { evidence: this.lastEvidence });
  }

  async rolledBack(by: string, reason: string): Promise<ReleaseResult> {
    const { lastAnalysis } = this.session;
    const verdictAt = lastAnalysis?.decision === 'rollback' ? lastAnalysis.at : Date.now();
    const restored = await this.shift('restored', by, reason);
    if (restored.status === 'lost') return this.lost(restored.by, restored.reason);
    return this.end('rolledBack', reason, { evidence: this.lastEvidence, rollbackMs: restored.at - verdictAt });
  }

  /** Follows the person who ordered the release back. */
  orderedBack(): Promise<ReleaseResult> {
    const { by, reason } = this.session.orderBack() ?? { by: this.plan.holder, reason: 'a rollback was ordered' };
    return this.rolledBack(by, reason);
  }

  /** Someone else has taken the deployment record: traffic is theirs. */
  lost(by: string, reason: string): Promise<ReleaseResult> {
    return this.end('rolledBack', `${by}: ${reason}`);
  }

  private get lastEvidence(): ReleaseResult['evidence'] {
    return this.session.lastAnalysis?.evidence ?? null;
  }

  private shift(
    kind: Extract<TrafficState['kind'], 'settled' | 'restored'>,
    actor: string,
    reason: string,
  ): Promise<TrafficChange> {
    return this.activities.shiftTraffic({ plan: this.plan, to: { kind }, actor, reason });
  }

  private async end(outcome: ReleaseResult['outcome'], reason: string, rest: Rest = {}): Promise<ReleaseResult> {
    const { plan, session } = this;
    session.enter('ended', outcome === 'promoted' ? 1 : 0);
    session.ended(outcome, reason);
    await this.platform.insist();
    const result = {
      outcome,
      model: plan.model,
      version: plan.version,
      reason,
      analyses: session.analyses,
      evidence: null,
      rollbackMs: null,
      ...(plan.forced === undefined ? {} : { forced: plan.forced }),
      ...rest,
    };
    await this.activities.recordRelease({ plan, result, commands: session.said() });
    return result;
  }
}
