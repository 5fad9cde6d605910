import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check, Status } from '../../../contracts/verdict.ts';
import { check, percent } from '../../check.ts';

/**
 * Whether the mirrors that nobody answered are few enough: each counts as the worst for what is to be decided, so that many of them leave
 * nothing to decide by.
 */
export function dropChecks(
  { mirrored: { requests, dropped } }: ReleaseObservation,
  { shadow: { maxDropped } }: ReleasePolicy,
  missing: Status,
): Check[] {
  const mirrors = requests + dropped;
  const part = mirrors === 0 ? 0 : dropped / mirrors;
  const status = part > maxDropped ? missing : 'pass';
  const said = `${dropped} of ${mirrors} mirrored requests were dropped (${percent(part)}, at most ${percent(maxDropped)})`;
  const cure = ': `pawl log replay` makes up for them';
  return [check('shadow.dropped', status, part, maxDropped, status === 'pass' ? said : `${said}${cure}`)];
}

/**
 * Whether few enough requests are such that only one of the versions can take them: once all traffic is the candidate's, nobody answers those
 * that it cannot take. Nothing where there are none.
 */
export function misfitChecks(
  { misfits, arms }: ReleaseObservation,
  { shadow: { maxDropped } }: ReleasePolicy,
  missing: Status,
): Check[] {
  if (misfits === undefined) return [];
  const requests = arms.champion.requests + arms.canary.requests + misfits.uncounted;
  const part = misfits.requests / requests;
  const status = part > maxDropped ? missing : 'pass';
  const said = `${misfits.requests} of ${requests} requests can be taken by one of the versions alone (${percent(part)}, at most ${percent(maxDropped)})`;
  const cure = ': let callers send the columns of both, or declare the columns nullable and train again';
  return [check('requests.misfit', status, part, maxDropped, status === 'pass' ? said : `${said}${cure}`)];
}
