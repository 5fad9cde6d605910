import type { Deployment } from '../../contracts/release/deployment.ts';
import { PawlError } from '../../contracts/errors.ts';
import {
  chainDifferences,
  changed,
  differencesInWords,
  putBack,
  releasedBy,
  releaseDifference,
  stateDigest,
} from '../../ports/differences.ts';
import type { Registry } from '../../ports/registry/port.ts';

export type RecordRegistry = Pick<Registry, 'statesSince' | 'version' | 'approval' | 'isAsWritten' | 'wasPutBack'>;

/** States before the record in force whose chain is looked at when a gateway begins to follow it. */
const lookedBack = 32;

/**
 * Why a deployment record must not be followed; null where it may be. It must descend from the one that was `followed` before it, or at
 * the start from the state that it names, and each version that it releases must be approved, or marked as forced.
 * `approved` keeps the versions that were found to be. Throws where the store cannot be reached.
 */
export async function objectionToRecord(
  registry: RecordRegistry,
  record: Deployment,
  followed: Deployment | null,
  approved: Set<number>,
): Promise<string | null> {
  const broken = await brokenDescent(registry, record, followed);
  if (broken !== null) return broken;
  if (!(await registry.isAsWritten(record))) return changed;
  if (followed === null && (await registry.wasPutBack(record))) return putBack;
  for (const number of releasedBy(record)) {
    if (approved.has(number)) continue;
    const version = await registry.version(record.model, number).catch((error: unknown) => {
      // One that is damaged or not registered: loading it says so.
      if (error instanceof PawlError) return null;
      throw error;
    });
    if (version === null) continue;
    const approval = await registry.approval(record.model, version.run, version.evidence);
    const objection = releaseDifference(record, version, approval);
    if (objection !== null) return objection;
    if (approval !== null && !(await registry.isAsWritten(approval)))
      return `approval of run ${version.run}: ${changed}`;
    if (!record.forced.some((forced) => forced.version === number)) approved.add(number);
  }
  return null;
}

/** What differs in the chain of the newest states before the record, in words; null where nothing does. */
export async function brokenHistory(registry: RecordRegistry, record: Deployment): Promise<string | null> {
  const states = await registry.statesSince(record, record.seq - lookedBack);
  const differences = chainDifferences(states);
  return differences.length === 0 ? null : differencesInWords(differences);
}

async function brokenDescent(
  registry: RecordRegistry,
  record: Deployment,
  followed: Deployment | null,
): Promise<string | null> {
  if (followed === null && record.seq === 1)
    return record.before === null ? null : `it is the first, and names ${record.before} as the state before`;
  if (followed !== null && record.seq < followed.seq)
    return `record ${followed.seq} was followed before: the store was put back to an older state. Restart the gateway to follow that`;
  if (followed?.seq === record.seq) return stateDigest(record) === stateDigest(followed) ? null : changed;
  const since = followed === null ? await registry.statesSince(record, record.seq - 1) : [];
  const states = followed === null ? since : [followed, ...(await registry.statesSince(record, followed.seq + 1))];
  const differences = chainDifferences(states);
  if (states.length === 1) return `record ${record.seq - 1} is missing before it`;
  return differences.length === 0 ? null : differencesInWords(differences);
}
