import { describe, expect, it } from 'vitest';
import type { ApprovalRecord } from '../../contracts/approval.ts';
import type { Deployment } from '../../contracts/deployment.ts';
import { statusOf } from '../../policy/version-status.ts';

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
});
