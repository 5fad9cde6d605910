import { randomBytes } from 'node:crypto';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { PawlError } from '../../contracts/errors.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import {
  releaseRequestSchema,
  type OpenedRelease,
  type ReleasePlan,
  type ReleaseRequest,
} from '../../contracts/release/release.ts';
import type { ModelVersion } from '../../contracts/model/version.ts';
import { gatewayGuard } from '../../policy/release/gateway-guard.ts';
import { isInBake } from '../../policy/version-status.ts';
import { loadDocument } from '../support/documents.ts';
import { parseInput } from '../support/parse-input.ts';
import type { Ports } from '../ports.ts';
import { howToForce, releaseObjection } from './support/release-objection.ts';
import { steeredTarget } from './support/release-target.ts';

const busyRetryMs = 5_000;

/**
 * Takes the deployment record's `release` field for this workflow, or says who holds it. The field of a workflow that has
 * ended (terminated, say) is taken over, and what it left of its traffic is restored.
 */
export const createOpenRelease = (ports: Ports) =>
  async function openRelease(input: { request: unknown; holder: string }): Promise<OpenedRelease> {
    const request = parseInput(
      releaseRequestSchema,
      input.request,
      'the input of release must be {"model", "version"}',
    );
    const { holder } = input;
    const version = await ports.registry.version(request.model, request.version);
    const definition = await loadDocument(ports.store, modelDefinitionSchema, version.lineage.definition);
    checkVersion(ports, version);
    const forced = await checkedForce(ports, request, version);
    const before = await ports.registry.currentDeployment(request.model);
    const blocker = await otherHolder(ports, before?.release ?? null, holder);
    const busy = request.busy ?? definition.release.busy;
    if (blocker !== null && busy === 'refuse') throw refused(request, blocker);
    if (blocker !== null && busy === 'wait') return { status: 'busy', holder: blocker, retryMs: busyRetryMs };
    if (before?.frozen === true && before.release !== holder)
      return {
        status: 'busy',
        holder: before.actor,
        why: `"${request.model}" to be unfrozen (${before.actor}: ${before.reason})`,
        retryMs: busyRetryMs,
      };

    const record = await ports.registry.changeDeployment(request.model, (current) => {
      if (current?.release === holder) return null;
      const base = withoutAbandonedRelease(current);
      if (base.champion === request.version)
        throw new PawlError(
          errorTypes.invalidRequest,
          `version ${request.version} of "${request.model}" serves already: there is nothing to release`,
          { model: request.model, version: request.version },
        );
      return {
        ...base,
        salt: randomBytes(16).toString('hex'),
        release: holder,
        forced: forced === null ? [] : [{ version: request.version, objection: forced }],
        actor: request.by ?? holder,
        reason: request.reason ?? `release of version ${request.version}`,
      };
    });
    const history = await ports.registry.deploymentHistory(request.model);
    const acquired = history.find(({ release }) => release === holder) ?? record;
    if (acquired === null) throw new Error(`the deployment record of "${request.model}" vanished: look into the store`);
    // A version is released by the policy that its run pinned: what the approver saw.
    const retry = triesOf(await sameBytes(ports, version), history, holder);
    const plan = planOf(request, definition.release, { lineage: version.lineage, holder, acquired, retry });
    return {
      status: 'open',
      plan: { ...plan, ...steeredTarget(ports, request.model), ...(forced === null ? {} : { forced }) },
      work: ports.work,
    };
  };

/** A version whose document was changed after it was registered is not released, by force neither. */
function checkVersion({ registry }: Ports, version: ModelVersion): void {
  const differences = registry.differencesOf(version);
  if (differences.length === 0) return;
  throw new PawlError(
    errorTypes.corruptArtifact,
    `version ${version.version} of "${version.model}" is not what was registered: ${differences.join('; ')}. \`pawl verify ${version.model}\` names all that differs`,
    { model: version.model, version: version.version },
  );
}

/** What speaks against the version and is overridden by force; throws where it is not. Null where nothing does. */
async function checkedForce(
  { registry }: Ports,
  request: ReleaseRequest,
  version: ModelVersion,
): Promise<string | null> {
  const { model, force = false, by, reason } = request;
  if (force && (by === undefined || reason === undefined))
    throw new PawlError(
      errorTypes.invalidRequest,
      'a release by force needs "by" and "reason": say who wants it, and why',
      {
        model,
      },
    );
  const objection = await releaseObjection(registry, version, request);
  if (objection === null || force) return objection;
  throw new PawlError(errorTypes.invalidRequest, `"${model}" is not released: ${howToForce(objection)}`, {
    model,
    version: version.version,
  });
}

/** The workflow that holds the model's release, where it is another one and still runs; null where the way is free. */
async function otherHolder({ executions }: Ports, current: string | null, holder: string): Promise<string | null> {
  if (current === null || current === holder) return null;
  const cut = current.lastIndexOf('/');
  return (await executions.isRunning(current.slice(0, cut), current.slice(cut + 1))) ? current : null;
}

/** The record with the traffic as it was before an abandoned release: the champion alone. */
function withoutAbandonedRelease(current: Deployment | null) {
  const base = current ?? { champion: null, previous: null, shadow: null, frozen: false, release: null };
  const inBake = isInBake(base);
  return {
    champion: inBake ? base.previous : base.champion,
    previous: inBake ? null : base.previous,
    canary: null,
    shadow: null,
    frozen: base.frozen,
  };
}

interface Opened {
  readonly lineage: ModelVersion['lineage'];
  readonly holder: string;
  /** The deployment record as it was when the release took it. */
  readonly acquired: Deployment;
  readonly retry: number;
}

function planOf(
  request: ReleaseRequest,
  policy: ReleasePolicy,
  { lineage, holder, acquired, retry }: Opened,
): ReleasePlan {
  const hotfix = request.hotfix ?? false;
  return {
    model: request.model,
    version: request.version,
    champion: acquired.champion,
    holder,
    definition: lineage.definition,
    startedAt: Date.parse(acquired.at),
    shadow: { sample: policy.shadow.sample },
    steps: policy.steps.map(({ share, pause }) => ({ share, pause })),
    deadlineMs: policy.deadline,
    analyzeEveryMs: policy.analyzeEvery,
    mode: policy.mode,
    abShare: policy.ab.share,
    holdback: hotfix ? 0 : policy.holdback,
    warmUpMs: policy.warmUp,
    hotfix,
    retry,
    approvers: policy.people.approvers,
    starter: policy.people.starterMayApprove ? null : (request.by ?? null),
    guard: hotfix ? null : gatewayGuard(policy, retry),
  };
}

/** Numbers under which the same bytes are registered. */
async function sameBytes({ registry }: Ports, { model, candidate }: ModelVersion): Promise<ReadonlySet<number>> {
  const versions = await registry.versions(model);
  return new Set(versions.flatMap((one) => (one.candidate.model === candidate.model ? [one.version] : [])));
}

/** How often such versions were released before, and once more. */
function triesOf(versions: ReadonlySet<number>, history: readonly Deployment[], holder: string): number {
  const before = new Set<string>();
  for (const { release, canary, shadow } of history)
    if (release !== null && release !== holder && versions.has(canary?.version ?? shadow?.version ?? 0))
      before.add(release);
  return before.size + 1;
}

const refused = ({ model, version }: ReleaseRequest, holder: string): PawlError =>
  new PawlError(
    errorTypes.invalidRequest,
    `version ${version} of "${model}" is not released: the release "${holder}" is under way, and the policy refuses another`,
    { model, version },
  );
