import { describe, expect, it } from 'vitest';
import type { ApprovalRecord } from '../../contracts/run/approval.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { digestSchema } from '../../contracts/digest.ts';
import type { ModelVersion } from '../../contracts/model/version.ts';
import type { ReleaseRecord } from '../../contracts/release/release-log.ts';
import {
  isInBake,
  objectionOfApproval,
  objectionOfComparison,
  objectionToRelease,
  settledChampion,
  statusOf,
  takenBack,
} from '../../policy/version-status.ts';

const state = (change: Partial<Deployment>): Deployment => ({
  schema: 'pawl.deployment/1',
  seq: 1,
  model: 'churn',
  salt: 'salt',
  champion: 1,
  previous: null,
  canary: null,
  shadow: null,
  guard: null,
  forced: [],
  before: null,
  signature: null,
  frozen: false,
  release: null,
  actor: 'ada',
  reason: 'because',
  at: '2026-01-01T00:00:00.000Z',
  ...change,
});
const digest = digestSchema.parse(`sha256:${'a'.repeat(64)}`);
const canary = { canary: { version: 2, share: 0.5 }, shadow: { version: 2, sample: 1 } };
const promoted = { champion: 2, previous: 1 };

const approved = { decision: 'approved' } as ApprovalRecord;

describe('the status of version 2', () => {
  it.each([
    ['not approved', null, [{}]],
    ['rejected', { decision: 'rejected' } as ApprovalRecord, [{}]],
    ['registered', approved, []],
    ['registered', approved, [{}]],
    ['shadow', approved, [{}, { shadow: { version: 2, sample: 1 } }]],
    ['canary', approved, [{}, canary]],
    ['champion', approved, [{}, canary, promoted]],
    ['rolled back', approved, [{}, canary, {}]],
    ['rolled back', approved, [{}, { shadow: { version: 2, sample: 1 } }, {}]],
    ['rolled back', approved, [{}, canary, promoted, {}]],
    ['rolled back', approved, [{}, canary, {}, { canary: { version: 3, share: 0.5 } }, { champion: 3, previous: 1 }]],
    ['previous', approved, [{}, canary, promoted, { champion: 3, previous: 2 }]],
    ['registered', approved, [{}, promoted, { champion: 3, previous: 2 }, { champion: 4, previous: 3 }]],
    ['canary', approved, [{}, canary, {}, canary]],
  ] as const)('is %s', (status, approval, changes) => {
    const deployments = changes.map(state);
    expect(statusOf(2, approval, { deployments, releases: [] })).toBe(status);
  });

  const shadow = { shadow: { version: 2, sample: 1 }, release: 'measuring' };
  const measuring = [{ release: 'measuring', result: { version: 2, outcome: 'measured' } }] as ReleaseRecord[];

  it.each([
    ['registered', 'was only measured', [{}, shadow, {}]],
    ['rolled back', 'was rolled back before it was only measured', [{}, canary, {}, shadow, {}]],
    ['rolled back', 'was rolled back, and measured twice', [{}, canary, {}, shadow, {}, shadow, {}]],
    [
      'registered',
      'made way for the next one, and was measured',
      [{}, promoted, { champion: 3, previous: 2 }, shadow, {}],
    ],
    ['rolled back', 'was rolled back after it was measured', [{}, shadow, {}, { ...canary, release: 'other' }, {}]],
    ['shadow', 'is measured again', [{}, canary, {}, shadow]],
  ] as const)('is %s where it %s', (status, _, changes) => {
    expect(statusOf(2, approved, { deployments: changes.map(state), releases: measuring })).toBe(status);
  });

  it('needs force after a rollback, though a forced release measured it since', () => {
    const history = { deployments: [{}, canary, { reason: 'errors' }, shadow, {}].map(state), releases: measuring };
    const version = {
      version: 2,
      evidence: digest,
      run: 'run',
      model: 'churn',
      lineage: { champion: 1 },
    } as ModelVersion;
    const approval = { decision: 'approved', evidence: digest } as ApprovalRecord;
    expect(objectionToRelease(version, approval, history)).toMatch(/version 2 was rolled back at .* by ada: errors/);
  });
});

describe('a release that was only measured', () => {
  const deployments = [{}, { ...canary, release: 'r2' }, {}].map(state);
  const record = (release: string, version: number, outcome: string): ReleaseRecord =>
    ({ release, result: { version, outcome } }) as ReleaseRecord;
  it('takes nothing back, where it is the one that held the record for this version', () => {
    expect(takenBack(2, { deployments, releases: [record('r2', 2, 'measured')] })).toBeNull();
    for (const other of [record('r1', 2, 'measured'), record('r2', 3, 'measured'), record('r2', 2, 'rolledBack')])
      expect(takenBack(2, { deployments, releases: [other] })).toBe(deployments[2]);
    expect(
      takenBack(2, { deployments, releases: [record('r2', 2, 'measured'), record('r2', 2, 'rolledBack')] }),
    ).toBeNull();
    expect(statusOf(2, approved, { deployments, releases: [record('r2', 2, 'measured')] })).toBe('registered');
  });
});

describe('objections to a release', () => {
  const version = { version: 2, evidence: 'sha256:e', run: 'run-2', model: 'churn', lineage: { champion: 1 } } as never;
  const approval = { decision: 'approved', by: 'ada', reason: 'good', evidence: 'sha256:e' } as ApprovalRecord;
  const of = (changes: Partial<Deployment>[]) => ({ deployments: changes.map(state), releases: [] });
  it('is an approval that was never given, was refused, or is of other evidence', () => {
    expect(objectionOfApproval(version, null)).toBe('version 2 was never approved (run run-2)');
    expect(objectionOfApproval(version, { ...approval, decision: 'rejected' })).toBe(
      'version 2 was not approved: rejected by ada: good',
    );
    expect(objectionOfApproval(version, { ...approval, evidence: 'sha256:f' } as ApprovalRecord)).toBe(
      'the approval by ada is of other evidence (sha256:f) than that of version 2 (sha256:e)',
    );
    expect(objectionOfApproval(version, approval)).toBeNull();
  });
  it('is a champion that it was not compared with, unless it was champion before', () => {
    expect(objectionOfComparison(version, of([{}]))).toBeNull();
    expect(objectionOfComparison(version, of([]))).toBeNull();
    expect(objectionOfComparison(version, of([{ champion: 3 }]))).toBe(
      'version 2 was judged against version 1, and version 3 serves now: compare it again with `pawl run churn`',
    );
    expect(objectionOfComparison({ ...(version as object), lineage: { champion: null } } as never, of([{}]))).toMatch(
      /^version 2 was judged without a champion, and version 1 serves now/,
    );
    expect(objectionOfComparison(version, of([{ champion: 2 }, { champion: 3 }]))).toBeNull();
  });
  it('is the champion before the bake while a release still watches its version', () => {
    const baking = { champion: 3, previous: 1, release: 'r3', shadow: { version: 3, sample: 1 } };
    expect(settledChampion(state(baking))).toBe(1);
    expect(objectionOfComparison(version, of([baking]))).toBeNull();
    for (const other of [{ release: null }, { shadow: null }, { shadow: { version: 4, sample: 1 } }]) {
      expect(isInBake(state({ ...baking, ...other }))).toBe(false);
      expect(settledChampion(state({ ...baking, ...other }))).toBe(3);
    }
    expect(settledChampion(null)).toBeNull();
  });
  it('is said in the order of approval, rollback and comparison; a hotfix is compared with nothing', () => {
    const back = of([{}, canary, { champion: 3, actor: 'bob', reason: 'slow' }]);
    expect(objectionToRelease(version, null, back)).toMatch(/never approved/);
    expect(objectionToRelease(version, approval, back)).toBe(
      'version 2 was rolled back at 2026-01-01T00:00:00.000Z by bob: slow',
    );
    expect(objectionToRelease(version, approval, back, { hotfix: true })).toMatch(/was rolled back/);
    const other = of([{ champion: 3 }]);
    expect(objectionToRelease(version, approval, other)).toMatch(/version 3 serves now/);
    expect(objectionToRelease(version, approval, other, { hotfix: true })).toBeNull();
    expect(objectionToRelease(version, approval, of([{}]))).toBeNull();
  });
});
