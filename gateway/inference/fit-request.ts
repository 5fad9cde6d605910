import { headerNames } from '../call/header-names.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { shownNames, shownText } from '../../contracts/shown-text.ts';
import type { Serving } from '../models/followed-model.ts';
import type { ServedVersion } from '../models/served-version.ts';
import { badRequest, HttpError } from '../call/http-error.ts';
import type { InferRequest } from '../call/infer-request.ts';
import type { InferCall, Route } from '../call/infer-call.ts';
import { isLong, nextTurn } from '../turn.ts';
import type { VersionRuntime, VersionRuntimes } from './version-runtime.ts';

/** Who answers a request, and which version could not take it although another one can. */
export interface FittingRoute {
  readonly route: Route;
  readonly misfit: { readonly version: number; readonly reason: string } | null;
}

/** Whether a caller chose the version: then no other one answers. */
const isChosen = ({ version, header }: InferCall): boolean =>
  version !== null || header(headerNames.version) !== null || header(headerNames.arm) !== null;

/** The other version that gets traffic; null where there is none in memory. */
function otherVersion({ record, versions }: Serving, { version }: Route): ServedVersion | null {
  const { champion, canary } = record;
  if (canary === null || canary.share === 0 || champion === null) return null;
  return versions.get(version === champion ? canary.version : champion) ?? null;
}

/**
 * A request that only one of the two versions in traffic can take is answered by that one, whichever the split chose, and counts as evidence of
 * neither: a key's request counts or not independent of its arm, so that the arms stay comparable. What neither takes stays where it is.
 */
export function fittingRoute(
  runtimes: VersionRuntimes,
  serving: Serving,
  routed: Route,
  call: InferCall,
): FittingRoute | Promise<FittingRoute> {
  const stays = { route: routed, misfit: null };
  const other = otherVersion(serving, routed);
  const own = serving.versions.get(routed.version);
  if (other === null || own === undefined || isChosen(call) || takeAlike(own, other)) return stays;
  return comparedRoute(runtimes, serving.record, routed, call, own, other);
}

async function comparedRoute(
  runtimes: VersionRuntimes,
  { champion }: Deployment,
  routed: Route,
  { model, request }: InferCall,
  own: ServedVersion,
  other: ServedVersion,
): Promise<FittingRoute> {
  const refusal = await refusalOf(runtimes.of(model, own), request);
  const otherRefusal = await refusalOf(runtimes.of(model, other), request);
  if ((refusal === null) === (otherRefusal === null)) return { route: routed, misfit: null };
  if (refusal === null)
    return { route: { ...routed, counts: false }, misfit: { version: other.version, reason: otherRefusal ?? '' } };
  const arm = other.version === champion ? 'champion' : 'canary';
  return {
    route: { ...routed, version: other.version, arm, counts: false },
    misfit: { version: own.version, reason: refusal },
  };
}

async function refusalOf(runtime: VersionRuntime, request: InferRequest): Promise<string | null> {
  try {
    const { rows } = await runtime.feedsOf(request);
    checkOutputs(runtime, request);
    if (isLong(rows, runtime.served.signature)) await nextTurn();
    return null;
  } catch (error) {
    if (error instanceof HttpError) return error.message;
    throw error;
  }
}

/** Throws `HttpError` 400 for an output that the version does not have. */
export function checkOutputs({ served }: Pick<VersionRuntime, 'served'>, { outputs }: InferRequest): void {
  if (outputs === null) return;
  const known = served.signature.outputs;
  for (const { name } of outputs)
    if (!known.some((output) => output.name === name))
      throw badRequest(
        `there is no output "${shownText(name)}": there are ${shownNames(known.map((output) => output.name))}`,
      );
}

const doors = new WeakMap<ServedVersion, string>();

/** Whether two versions take the same requests: most candidates have the columns of their champion. */
const takeAlike = (a: ServedVersion, b: ServedVersion): boolean => doorOf(a) === doorOf(b);

function doorOf(served: ServedVersion): string {
  const known = doors.get(served);
  if (known !== undefined) return known;
  const { signature, columns } = served;
  const inputs = signature.inputs.map((spec) => {
    const column = columns.columns.get(spec.name);
    return [spec, column === undefined ? null : [column.rule.type, column.rule.missing ?? [], column.nullable]];
  });
  const door = JSON.stringify([
    inputs,
    columns.strict,
    [...(columns.ranges ?? [])],
    signature.outputs.map(({ name }) => name),
  ]);
  doors.set(served, door);
  return door;
}
