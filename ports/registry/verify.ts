import type { ModelVersion } from '../../contracts/model/version.ts';
import type { StoreDifference } from '../../contracts/store-difference.ts';
import { chainDifferences, putBack, releasedBy, releaseDifference, versionDifferences } from '../differences.ts';
import { BlobCheck, changedSince, type Store } from './checks.ts';
import type { Registry, Verified } from './port.ts';
import { verifyMonitor, verifyRelease } from './verify-release.ts';

/** Walks over all that the store holds of a model and names what differs. Reads the bytes of each version's model and evidence. */
export async function verifyModel(store: Store, registry: Registry, model: string): Promise<Verified> {
  const blobs = new BlobCheck(store);
  const versions = await registry.versions(model);
  const differences: StoreDifference[] = [];
  let approvals = 0;
  for (const version of versions) {
    differences.push(...(await differencesOfVersion(blobs, registry, version)));
    if ((await registry.approval(model, version.run, version.evidence)) !== null) approvals += 1;
  }
  const states = await registry.deploymentHistory(model);
  differences.push(...(await verifyRecord(registry, model, versions)));
  const ended = await registry.releases(model);
  const known = new Set([...states, ...ended].map(({ release }) => release).filter((release) => release !== null));
  for (const release of known) differences.push(...(await verifyRelease(blobs, registry, model, release)));
  differences.push(...(await verifyMonitor(blobs, registry, model)));
  for (const record of ended) {
    const { release, result } = record;
    differences.push(...(await changedSince(registry, `release ${release}`, record)));
    if (result.evidence !== null)
      differences.push(...(await blobs.of(`evidence of the release ${release}`, result.evidence)));
  }
  for (const record of await registry.runs(model))
    differences.push(...(await changedSince(registry, `run ${record.run.id}`, record)));
  return { versions: versions.length, states: states.length, approvals, blobs: blobs.read, differences };
}

/** What differs in one version's document, approval, model and evidence, whose bytes are read. */
export const verifyVersion = (store: Store, registry: Registry, version: ModelVersion): Promise<StoreDifference[]> =>
  differencesOfVersion(new BlobCheck(store), registry, version);

/** What differs in the states of a model's deployment record: their chain, and whether each released what was approved or forced. */
export async function verifyRecord(
  registry: Registry,
  model: string,
  versions?: readonly ModelVersion[],
): Promise<StoreDifference[]> {
  const [states, known] = await Promise.all([registry.deploymentHistory(model), versions ?? registry.versions(model)]);
  const approvals = new Map(
    await Promise.all(
      known.map(async (one) => [one.version, await registry.approval(model, one.run, one.evidence)] as const),
    ),
  );
  const first = states[0];
  const differences =
    first === undefined || (first.seq === 1 && first.before === null)
      ? []
      : [{ what: `deployment record ${first.seq}`, why: `record ${first.seq - 1} is missing before it` }];
  differences.push(...chainDifferences(states));
  const inForce = states.at(-1);
  // The state after it names each earlier one.
  if (inForce !== undefined) {
    const what = `deployment record ${inForce.seq}`;
    differences.push(...(await changedSince(registry, what, inForce)));
    if (await registry.wasPutBack(inForce)) differences.push({ what, why: putBack });
  }
  for (const state of states) {
    const what = `deployment record ${state.seq}`;
    for (const number of releasedBy(state)) {
      const version = known.find((one) => one.version === number);
      const why =
        version === undefined
          ? `it serves version ${number}, which is not registered`
          : releaseDifference(state, version, approvals.get(number) ?? null);
      if (why !== null) differences.push({ what, why });
    }
  }
  return differences;
}

async function differencesOfVersion(
  blobs: BlobCheck,
  registry: Pick<Registry, 'approval' | 'approvals' | 'isAsWritten'>,
  version: ModelVersion,
): Promise<StoreDifference[]> {
  const what = `version ${version.version}`;
  const { candidate, lineage, evidence, verdicts, run, model } = version;
  const differences = versionDifferences(version).map((why) => ({ what, why }));
  differences.push(...(await changedSince(registry, what, version)));
  differences.push(
    ...(await blobs.of(`model of ${what}`, candidate.model)),
    ...(await blobs.of(`definition of ${what}`, lineage.definition)),
    ...(version.subject.dataset === undefined ? [] : await blobs.of(`dataset definition of ${what}`, lineage.dataset)),
    ...(lineage.inputs === undefined ? [] : await blobs.of(`inputs of ${what}`, lineage.inputs)),
    ...(lineage.program === undefined ? [] : await blobs.of(`program of ${what}`, lineage.program)),
    ...(await blobs.of(`evidence of ${what}`, evidence)),
  );
  for (const { stage, evidence: of } of verdicts)
    differences.push(...(await blobs.of(`evidence of the gate ${stage} of ${what}`, of)));
  for (const decision of await registry.approvals(model, run))
    differences.push(...(await changedSince(registry, `approval of run ${run}`, decision)));
  const approval = await registry.approval(model, run, evidence);
  if (approval !== null && approval.evidence !== evidence)
    differences.push({
      what: `approval of run ${run}`,
      why: `it names the evidence ${approval.evidence}, and ${what} has ${evidence}`,
    });
  return differences;
}
