import type { Guard, MetricKind, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { GuardName } from '../../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check, Status } from '../../../contracts/verdict.ts';
import { check, enough, missingWords } from '../../check.ts';
import { asks } from '../guards/metric-source.ts';

/** Whether the canary has answered enough in its step, by who counts its requests. */
export function stepRequestsCheck(
  { metrics, stepRequests }: ReleaseObservation,
  least: number,
  missing: Status,
): Check {
  const counted = metrics === undefined ? stepRequests : metrics.stepRequests;
  const name = 'canary.requests';
  if (counted !== null) return enough(name, counted, least, 'requests of the canary', missing);
  const said = `requests of the canary are not known, and at least ${least} are needed`;
  return check(name, missing, null, least, `${said}: ${missingWords[missing]}`);
}

/**
 * What the metric source did not say though guards that have a part of alpha need it. By guard, `kindOf` is the kind of its event and
 * `missing` what missing counts do.
 */
export function metricChecks(
  { metrics }: ReleaseObservation,
  guards: readonly Guard[],
  kindOf: (guard: string) => MetricKind | undefined,
  missing: (guard: GuardName) => Status,
): Check[] {
  return guards.flatMap(({ name, alpha, segment }) => {
    const kind = kindOf(name);
    // Segments are judged by the prediction log.
    if (
      segment !== undefined ||
      alpha === 0 ||
      kind === undefined ||
      !asks(metrics, kind) ||
      metrics.events[kind] !== undefined
    )
      return [];
    const status = missing(name as GuardName);
    const said = `the metric source has no counts for the guard "${name}" (${metrics.missing ?? 'it does not say why'})`;
    return [check(`metrics.${name}`, status, null, null, `${said}: ${missingWords[status]}`)];
  });
}

/**
 * A metric source compares two arms, so that it sees nothing where the version before has no share. That is said from the beginning
 * of a release on, as long as the bake can still be avoided; a hotfix, which never has a holdback, goes on with a warning.
 */
export function unseenBake(
  { metrics }: ReleaseObservation,
  policy: ReleasePolicy,
  hotfix: boolean,
  missing: (guard: GuardName) => Status,
): Check[] {
  const bakes = hotfix || policy.mode === 'canary' || policy.mode === 'blueGreen';
  if (!bakes || (policy.holdback > 0 && !hotfix) || !asks(metrics, 'error')) return [];
  if (hotfix)
    return [check('metrics.bake', 'warn', null, null, 'the bake of a hotfix is not seen by the metric source')];
  const status = missing('bakeErrors');
  const said = 'without a holdback the metric source sees nothing of the bake: set `holdback` above 0';
  return [check('metrics.bake', status, policy.holdback, null, `${said} (${missingWords[status]})`)];
}
