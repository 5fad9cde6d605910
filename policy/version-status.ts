import type { ApprovalRecord } from '../contracts/run/approval.ts';
import type { Deployment } from '../contracts/release/deployment.ts';
import type { ReleaseRecord } from '../contracts/release/release-log.ts';
import type { ModelVersion } from '../contracts/model/version.ts';

export type VersionStatus =
  | 'champion'
  | 'canary'
  | 'shadow'
  | 'previous'
  | 'rolled back'
  | 'rejected'
  | 'not approved'
  | 'registered';

/** What is known of a model's versions beside their documents. */
export interface VersionHistory {
  /** States of the deployment record, oldest first; the last is in force. */
  readonly deployments: readonly Deployment[];
  /** Releases that have ended, oldest first. */
  readonly releases: readonly ReleaseRecord[];
}

/**
 * How a version lost its place: the state of the record that took it back. Null where it has a place, never had one, or made way as
 * `previous` for the next version. Places in releases that only measured it say nothing: what became of it before them still holds.
 */
export function takenBack(version: number, { deployments, releases }: VersionHistory): Deployment | null {
  const measured = new Set(
    releases
      .filter(({ result }) => result.version === version && result.outcome === 'measured')
      .map(({ release }) => release),
  );
  const places = deployments.flatMap((state, i) =>
    hasPlace(state, version) && !measured.has(state.release ?? '') ? [i] : [],
  );
  const now = deployments.at(-1);
  const last = places.at(-1);
  if (now === undefined || last === undefined || hasPlace(now, version)) return null;
  const after = deployments[last + 1];
  return after === undefined || after.previous === version ? null : after;
}

const hasPlace = ({ champion, canary, shadow }: Deployment, version: number): boolean =>
  champion === version || canary?.version === version || shadow?.version === version;

/** What a version is now. During a canary the shadow mirrors both ways: then `canary` says more. */
export function statusOf(version: number, approval: ApprovalRecord | null, history: VersionHistory): VersionStatus {
  const record = history.deployments.at(-1);
  if (record?.champion === version) return 'champion';
  if (record?.canary?.version === version) return 'canary';
  if (record?.shadow?.version === version) return 'shadow';
  if (record?.previous === version) return 'previous';
  if (takenBack(version, history) !== null) return 'rolled back';
  if (approval === null) return 'not approved';
  return approval.decision === 'approved' ? 'registered' : 'rejected';
}

type Approvable = Pick<ModelVersion, 'version' | 'evidence' | 'run'>;

/** Why a version is not approved, in words; null where exactly its evidence is. */
export function objectionOfApproval(
  { version, evidence, run }: Approvable,
  approval: ApprovalRecord | null,
): string | null {
  if (approval === null) return `version ${version} was never approved (run ${run})`;
  const { decision, by, reason } = approval;
  if (decision !== 'approved') return `version ${version} was not approved: ${decision} by ${by}: ${reason}`;
  if (approval.evidence !== evidence)
    return `the approval by ${by} is of other evidence (${approval.evidence}) than that of version ${version} (${evidence})`;
  return null;
}

/**
 * That a version was compared with another champion than the one that serves, in words; null where it was with this one. One that was
 * champion before may come back without it.
 */
export function objectionOfComparison(
  { version, lineage, model }: Pick<ModelVersion, 'version' | 'lineage' | 'model'>,
  { deployments }: Pick<VersionHistory, 'deployments'>,
): string | null {
  const now = settledChampion(deployments.at(-1) ?? null);
  if (now === null || now === lineage.champion || deployments.some(({ champion }) => champion === version)) return null;
  const judged = lineage.champion === null ? 'without a champion' : `against version ${lineage.champion}`;
  return `version ${version} was judged ${judged}, and version ${now} serves now: compare it again with \`pawl run ${model}\``;
}

/** The champion once a release that is under way, or was abandoned, lets go of the record. */
export function settledChampion(record: Deployment | null): number | null {
  if (record === null) return null;
  return isInBake(record) ? record.previous : record.champion;
}

/** Whether the release that holds the record has made its version champion, and still watches it. */
export const isInBake = ({ release, shadow, champion }: Pick<Deployment, 'release' | 'shadow' | 'champion'>): boolean =>
  release !== null && shadow !== null && shadow.version === champion;

/** Why a version may be released only by force, in words; null where it may be released. A hotfix is compared with nothing. */
export function objectionToRelease(
  of: Approvable & Pick<ModelVersion, 'lineage' | 'model'>,
  approval: ApprovalRecord | null,
  history: VersionHistory,
  { hotfix = false }: { readonly hotfix?: boolean | undefined } = {},
): string | null {
  const objection = objectionOfApproval(of, approval);
  if (objection !== null) return objection;
  const { version } = of;
  const back = takenBack(version, history);
  if (back !== null) return `version ${version} was rolled back at ${back.at} by ${back.actor}: ${back.reason}`;
  return hotfix ? null : objectionOfComparison(of, history);
}
