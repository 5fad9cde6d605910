import { canonicalJson } from '../../contracts/canonical.ts';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { ModelVersion } from '../../contracts/version.ts';
import type { ArtifactStore } from '../artifact-store/port.ts';
import { digestOf } from '../artifact-store/keys.ts';
import type { Registry } from './port.ts';

/** Something in the store that is not what another document says it is. */
export interface Difference {
  /** What differs: `version 2`, `deployment record 7`, `approval of run ...`. */
  readonly what: string;
  readonly why: string;
}

export interface Verified {
  readonly versions: number;
  /** States of the deployment record. */
  readonly states: number;
  readonly approvals: number;
  /** Blobs whose bytes were read and compared with their digests. */
  readonly blobs: number;
  readonly differences: readonly Difference[];
}

/**
 * What a version's document says of itself that does not hold together: its evidence must be the digest of what its approver saw, and
 * that must name this run, definition, snapshot, model and these verdicts. Empty where all does.
 */
export function versionDifferences({ run, candidate, lineage, verdicts, subject, evidence }: ModelVersion): string[] {
  const stages = verdicts.map(({ stage, evidence: of, status }) => ({ name: stage, evidence: of, status }));
  const bound: [string, unknown, unknown][] = [
    ['its evidence', evidence, digestOf(canonicalJson(subject))],
    ['its run', run, subject.run],
    ['its model', candidate.model, subject.model],
    ['its definition', lineage.definition, subject.definition],
    ['its dataset', lineage.dataset, subject.dataset ?? lineage.dataset],
    ['its snapshot', lineage.snapshot, subject.snapshot],
    ['its verdicts', JSON.stringify(stages), JSON.stringify(subject.stages)],
  ];
  return bound.flatMap(([name, said, seen]) =>
    said === seen ? [] : [`${name} is ${String(said)}, and what was to be approved says ${String(seen)}`],
  );
}

/** Walks over all that the store holds of a model and names what differs. Reads the bytes of each version's model and evidence. */
export async function verifyModel(
  store: Pick<ArtifactStore, 'getBlob'>,
  registry: Registry,
  model: string,
): Promise<Verified> {
  const differences: Difference[] = [];
  const read = new Set<Digest>();
  const checkBlob = async (what: string, digest: Digest): Promise<void> => {
    if (read.has(digest)) return;
    read.add(digest);
    await store.getBlob(digest).catch((error: unknown) => {
      if (!(error instanceof PawlError)) throw error;
      differences.push({ what, why: error.message });
    });
  };
  const versions = await registry.versions(model);
  let approvals = 0;
  for (const version of versions) {
    const what = `version ${version.version}`;
    for (const why of versionDifferences(version)) differences.push({ what, why });
    const { candidate, lineage, evidence, verdicts } = version;
    await checkBlob(`model of ${what}`, candidate.model);
    await checkBlob(`definition of ${what}`, lineage.definition);
    if (version.subject.dataset !== undefined) await checkBlob(`dataset definition of ${what}`, lineage.dataset);
    await checkBlob(`evidence of ${what}`, evidence);
    for (const { stage, evidence: of } of verdicts) await checkBlob(`evidence of the gate ${stage} of ${what}`, of);
    const approval = await registry.approval(model, version.run);
    if (approval === null) continue;
    approvals += 1;
    if (approval.evidence !== evidence)
      differences.push({
        what: `approval of run ${version.run}`,
        why: `it names the evidence ${approval.evidence}, and ${what} has ${evidence}`,
      });
  }
  const states = await registry.deploymentHistory(model);
  for (const [i, state] of states.entries()) {
    const what = `deployment record ${state.seq}`;
    const before = states[i - 1];
    const expected = before === undefined ? null : digestOf(canonicalJson(before));
    if (state.seq !== i + 1) differences.push({ what, why: `record ${i + 1} is missing before it` });
    else if (state.before !== expected)
      differences.push({
        what: before === undefined ? what : `deployment record ${before.seq}`,
        why: `it was changed after ${what} was written, which names ${state.before ?? 'nothing'} as the state before; its digest is ${expected ?? 'none'}`,
      });
    for (const version of [state.champion, state.canary?.version ?? null, state.shadow?.version ?? null])
      if (version !== null && !versions.some((known) => known.version === version))
        differences.push({ what, why: `it serves version ${version}, which is not registered` });
  }
  for (const { release, result } of await registry.releases(model))
    if (result.evidence !== null) await checkBlob(`evidence of the release ${release}`, result.evidence);
  return { versions: versions.length, states: states.length, approvals, blobs: read.size, differences };
}
