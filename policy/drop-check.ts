import type { ReleaseObservation } from '../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../contracts/release-policy.ts';
import type { Check, Status } from '../contracts/verdict.ts';
import { check, percent } from './check.ts';

/**
 * Whether the copies that nobody answered are few enough: each counts as the worst for what is to be decided, so that many of them leave
 * nothing to decide by. Nothing in evidence from before they were counted.
 */
export function dropChecks(
  { mirrored: { requests, dropped } }: ReleaseObservation,
  { shadow: { maxDropped } }: ReleasePolicy,
  missing: Status,
): Check[] {
  if (dropped === undefined) return [];
  const copies = requests + dropped;
  const part = copies === 0 ? 0 : dropped / copies;
  const status = part > maxDropped ? missing : 'pass';
  const said = `${dropped} of ${copies} mirrored copies were dropped (${percent(part)}, at most ${percent(maxDropped)})`;
  const cure = ': `pawl log replay` makes up for them';
  return [check('shadow.dropped', status, part, maxDropped, status === 'pass' ? said : `${said}${cure}`)];
}
