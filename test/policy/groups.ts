import type { GroupCohort, ObservedGroup, ObservedGroups } from '../../contracts/evidence/groups.ts';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import { fairnessGuardSchema } from '../../contracts/release/guards-policy.ts';
import { releasePolicySchema, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { moment } from './moment.ts';
import { withKnownLabels } from './known-labels.ts';
import { nothingSeen } from './seen.ts';

export const policyOf = (guards: unknown, more: object = {}): ReleasePolicy =>
  releasePolicySchema.parse(withKnownLabels({ minLabels: 0, minStepRequests: 0, guards, ...more }));
export const fairness = { maxGroupLoss: 0.05, minGroupKeys: 50, maxGroups: 4 };
export const guard = fairnessGuardSchema.parse(fairness);
export const last = moment('canary', { elapsedMs: 1e9, step: 2 });
const arm = { requests: 1000, errors: 0, slow: 0, positives: 400, p50Ms: 1, p99Ms: 5 };
const right = { labels: 1000, missing: 0, dropped: 0, championRight: 800, canaryRight: 800, worse: 0, better: 0 };
export const quiet: ReleaseObservation = {
  ...nothingSeen,
  arms: { champion: arm, canary: arm },
  stepRequests: 1000,
  mirrored: { ...nothingSeen.mirrored, requests: 1000, agree: 1000 },
  mirroredKeys: { ...nothingSeen.mirroredKeys, keys: 1000 },
  paired: right,
  mature: right,
};

export const same = (labels: number) => ({ labels, worse: 0, better: 0 });
export const cohort = (more: Partial<GroupCohort> = {}): GroupCohort => ({
  tpr: same(200),
  fpr: same(300),
  error: same(500),
  missing: 0,
  dropped: 0,
  ...more,
});
export const groupOf = (group: string, all: GroupCohort, mature = all, attribute = 'SEX'): ObservedGroup => ({
  attribute,
  group,
  since: 1,
  all,
  mature,
});
/** The evidence of an analysis of a canary, with what was seen and how it was judged. */
export const evidenceOf = (observation: object, judged: object) => ({
  schema: 'pawl.evidence.analysis/1',
  model: 'm',
  version: 2,
  champion: 1,
  holder: 'h',
  phase: 'canary',
  step: 2,
  at: 1,
  observation,
  ...judged,
});
export const groupsOf = (...groups: ObservedGroup[]): ObservedGroups => ({ groups, leftOut: 0, unread: [] });
