import type { MissingInput, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check, Status } from '../../../contracts/verdict.ts';
import { check, percent } from '../../check.ts';

/**
 * Whether the mirrors that nobody answered are few enough: each counts as the worst for what is to be decided, so that many of them leave
 * nothing to decide by.
 */
export function dropChecks(
  { mirrored: { requests, dropped }, misfits }: ReleaseObservation,
  { shadow: { maxDropped } }: ReleasePolicy,
  missing: Status,
): Check[] {
  const mirrors = requests + dropped;
  const part = mirrors === 0 ? 0 : dropped / mirrors;
  const status = part > maxDropped ? missing : 'pass';
  const said = `${dropped} of ${mirrors} mirrored requests were dropped (${percent(part)}, at most ${percent(maxDropped)})`;
  // Of a request that counts for neither version nothing is mirrored.
  const unfit = Math.min(dropped, misfits === undefined ? 0 : misfits.requests - misfits.uncounted);
  const why = unfit === 0 ? '' : `, ${unfit} of them as their inputs do not fit`;
  const cure = unfit === dropped ? '' : ': `pawl log replay` makes up for ' + (unfit === 0 ? 'them' : 'the others');
  return [check('shadow.dropped', status, part, maxDropped, status === 'pass' ? said : `${said}${why}${cure}`)];
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
  const message = [said, ...misfits.missing.map(lackOf)].join('; ');
  const more = status === 'pass' ? '' : `: ${cureOf(misfits.missing)}`;
  return [check('requests.misfit', status, part, maxDropped, `${message}${more}`)];
}

const lackOf = ({ version, kind, input, requests }: MissingInput): string =>
  `${requests} lack the ${kind === 'columns' ? 'column' : 'tensor'} "${input}", which version ${version} needs`;

function cureOf(missing: readonly MissingInput[]): string {
  const kinds = new Set(missing.map(({ kind }) => kind));
  if (kinds.size === 0) return 'let callers send what both take; `pawl log find` shows why a request does not fit';
  if (kinds.size === 2) return 'let callers send the inputs of both';
  return kinds.has('columns')
    ? 'let callers send the columns of both, or declare the columns nullable and train again'
    : 'let callers send the tensors of both, or import a model that does without';
}
