import type { Arm } from '../../contracts/release/arm.ts';
import { canonicalJson } from '../../contracts/canonical.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import type { Digest } from '../../contracts/digest.ts';
import { gatewayGuardEvidenceSchema, type GatewayGuardEvidence } from '../../contracts/evidence/gateway-guard.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { Registry } from '../../ports/registry/port.ts';
import type { GuardCounter } from './guard-counter.ts';
import { judgedUnder, withoutCanary } from './judged-canary.ts';
import type { ReleaseJudge } from './release-judge.ts';

export interface RollBackPorts {
  readonly store: Pick<ArtifactStore, 'putBlob'>;
  readonly registry: Pick<Registry, 'changeDeployment'>;
  readonly instance: string;
}

/** What a verdict rests on. `at` is in milliseconds since the epoch. */
export function evidenceOf(
  { judged, slot, canaryRequests }: ReleaseJudge,
  counter: GuardCounter,
  { instance, at }: { instance: string; at: number },
): GatewayGuardEvidence {
  const { model, release, version, champion } = judged;
  return gatewayGuardEvidenceSchema.parse({
    schema: 'pawl.evidence.gateway-guard/1',
    model,
    release,
    version,
    champion,
    instance,
    slot,
    ...counter.limits,
    ...counter.seen(canaryRequests),
    eValue: counter.verdict(canaryRequests).eValue,
    at,
  });
}

/**
 * Keeps the evidence, then takes the canary out by one compare-and-swap, only while the record still names what was judged: the
 * champion answers everything and the release is let go. A frozen record lets traffic go back. Safe to repeat. Returns the record
 * in force, and whether this evidence is what changed it. Throws where the store cannot be reached.
 */
export async function takeOut(
  { store, registry, instance }: RollBackPorts,
  identity: string,
  evidence: GatewayGuardEvidence,
): Promise<{ record: Deployment | null; ours: boolean }> {
  const digest = await store.putBlob(canonicalJson(evidence));
  const said = { actor: `gateway ${instance}`, reason: reasonFor(evidence, digest) };
  const record = await registry.changeDeployment(evidence.model, (current) => {
    if (current === null || judgedUnder(current)?.identity !== identity) return null;
    const { champion, previous, canary, shadow, release, guard, frozen, salt } = withoutCanary(current);
    return { champion, previous, canary, shadow, release, guard, frozen, salt, ...said };
  });
  return { record, ours: record?.actor === said.actor && record.reason === said.reason };
}

/** For people, with the name of the evidence. */
function reasonFor(evidence: GatewayGuardEvidence, digest: Digest): string {
  const { guard, version, champion, counts, ms, ratio, eValue, alpha } = evidence;
  const sum = (arm: Arm): number => counts.reduce((total, one) => total + one[arm], 0);
  const event = guard === 'errors' ? 'an error' : `an answer slower than ${ms} ms`;
  return (
    `the gateways' guard "${guard}" took version ${version} out: its rate of keys with ${event} is more than ${ratio} times that ` +
    `of version ${champion} (${sum('canary')} keys of version ${version}, ${sum('champion')} of version ${champion}; evidence ` +
    `${eValue.toPrecision(3)}, limit ${(1 / alpha).toPrecision(3)}; ${digest})`
  );
}
