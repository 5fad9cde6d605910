import { canonicalJson } from '../contracts/canonical.ts';
import type { StoreDifference } from '../contracts/store-difference.ts';
import type { ApprovalRecord } from '../contracts/run/approval.ts';
import type { Deployment } from '../contracts/release/deployment.ts';
import type { ModelVersion } from '../contracts/model/version.ts';
import { objectionOfApproval } from '../policy/version-status.ts';
import { digestOf } from './artifact-store/keys.ts';

/** What is wrong with a document whose contents are not those that were written. */
export const changed = 'it was changed after it was written';

/** What is wrong with a deployment record that a later one replaced. */
export const putBack = 'it was put back: a state that follows it was in force';

/** What is wrong with a document under the key of another. */
export const misplaced = 'it is that of another';

/** Differences in words, each `what: why`. */
export const differencesInWords = (differences: readonly StoreDifference[]): string =>
  differences.map(({ what, why }) => `${what}: ${why}`).join('; ');

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

/** What does not hold in a chain of states, oldest first: each follows the one before, and names its digest. */
export function chainDifferences(states: readonly Deployment[]): StoreDifference[] {
  return states.slice(1).flatMap((state, i): StoreDifference[] => {
    const before = states[i];
    const what = `deployment record ${state.seq}`;
    if (before === undefined || state.seq !== before.seq + 1)
      return [{ what, why: `record ${state.seq - 1} is missing before it` }];
    const digest = stateDigest(before);
    if (state.before === digest) return [];
    const why = `it was changed after ${what} was written, which names ${state.before ?? 'nothing'} as the state before; its digest is ${digest}`;
    return [{ what: `deployment record ${before.seq}`, why }];
  });
}

/** By which the next state of the record names this one. */
export const stateDigest = (state: Deployment): string => digestOf(canonicalJson(state));

/** Versions that a state of the record lets answer. */
export const releasedBy = ({ champion, canary, shadow }: Deployment): number[] => [
  ...new Set([champion, canary?.version ?? null, shadow?.version ?? null].filter((version) => version !== null)),
];

/** Why the state may not release the version: its approval names other evidence, or there is none, and it was not forced. Null where it may. */
export function releaseDifference(
  state: Deployment,
  version: ModelVersion,
  approval: ApprovalRecord | null,
): string | null {
  if (state.forced.some((forced) => forced.version === version.version)) return null;
  const objection = objectionOfApproval(version, approval);
  return objection === null ? null : `${objection}, and the record does not say that it was released by force`;
}
