import { headerNames } from '../call/header-names.ts';
import { armSchema, type Arm } from '../../contracts/release/arm.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import { badRequest, HttpError, notFound } from '../call/http-error.ts';
import type { InferCall, Route } from '../call/infer-call.ts';
import { segmentArm } from './segments.ts';
import { championOf, routeKey } from './split.ts';

export { routeKey } from './split.ts';

/** What a route is chosen by. */
export interface RouteFacts {
  readonly call: Pick<InferCall, 'version' | 'header' | 'caller' | 'request'>;
  /** Sticky key. */
  readonly key: string;
  /** Versions in memory, by number. */
  readonly loaded: { has(version: number): boolean };
}

/**
 * Chooses by, in this order: the version in the path, or the header `x-pawl-version` or `x-pawl-arm`, of an operator; the first of
 * the policy's segments that takes the request; the sticky split. Anybody may name the champion, which is what the split would give.
 * Throws `HttpError`: 404 where there is no such version or arm, 403 where somebody else than an operator chooses another, 400 where the
 * headers make no sense, 503 where no version serves.
 */
export function route(record: Deployment, policy: Pick<ServingPolicy, 'segments'>, facts: RouteFacts): Route {
  const { call, key, loaded } = facts;
  if (call.version !== null) {
    return forCaller(record, facts, 'a version in the path', () => toVersion(record, loaded, call.version ?? 0));
  }
  const version = call.header(headerNames.version);
  const arm = call.header(headerNames.arm);
  if (version !== null || arm !== null) {
    const header = version === null ? headerNames.arm : headerNames.version;
    return forCaller(record, facts, `the header ${header}`, () => byHeader(record, facts, version, arm));
  }
  const segment = segmentArm(policy.segments, call);
  if (segment !== null) return toSegment(record, segment);
  const split = routeKey(record, key);
  return { version: split.version, arm: split.arm, share: split.share, counts: true };
}

function toVersion(record: Deployment, loaded: RouteFacts['loaded'], version: number): Route {
  if (!loaded.has(version))
    throw notFound(
      `model "${record.model}" serves no version ${version}: it has champion ${record.champion ?? 'none'}, canary ${record.canary?.version ?? 'none'}`,
    );
  const arm = version === record.canary?.version && version !== record.champion ? 'canary' : 'champion';
  return { version, arm, share: record.canary?.share ?? 0, counts: false };
}

/** What a caller named, by path or header: anybody the champion, operators all else, as shadows and canaries are not for everybody to reach. */
function forCaller(
  { champion }: Deployment,
  { call }: Pick<RouteFacts, 'call'>,
  by: string,
  choose: () => Route,
): Route {
  const chosen = choose();
  if (call.caller.operator || chosen.version === champion) return chosen;
  throw new HttpError(
    403,
    `only an operator may choose another version than the champion by ${by}: send an operator's token, or leave it out`,
  );
}

function byHeader(record: Deployment, { loaded }: RouteFacts, version: string | null, arm: string | null): Route {
  if (version !== null && arm !== null) throw badRequest('send x-pawl-version or x-pawl-arm, not both');
  if (version !== null) {
    if (!/^[1-9]\d{0,8}$/.test(version)) throw badRequest(`x-pawl-version must be a number, not "${version}"`);
    return toVersion(record, loaded, Number(version));
  }
  const wanted = armSchema.safeParse(arm);
  if (!wanted.success) throw badRequest(`x-pawl-arm must be ${armSchema.options.join(' or ')}, not "${arm}"`);
  const { champion, canary } = record;
  const chosen = wanted.data === 'canary' ? canary?.version : champion;
  if (chosen === undefined || chosen === null) throw notFound(`model "${record.model}" has no ${wanted.data} now`);
  return { version: chosen, arm: wanted.data, share: canary?.share ?? 0, counts: false };
}

/** A canary that gets no traffic gets none of a segment either. */
function toSegment(record: Deployment, arm: Arm): Route {
  const { canary } = record;
  const share = canary?.share ?? 0;
  if (arm === 'canary' && canary !== null && share > 0) return { version: canary.version, arm, share, counts: false };
  return { version: championOf(record), arm: 'champion', share, counts: false };
}
