import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { ValueRange } from '../../../contracts/evidence/values.ts';
import type { AskedCounts, GuardDefinition } from '../guards/guard.ts';
import { allGuards } from '../guards/index.ts';

export interface AnswersToRead {
  readonly scores: boolean;
  readonly scoreEvents?: { readonly from: number; readonly to: number };
  readonly liveLabels: boolean;
  readonly values?: ValueRange;
  readonly mix?: true;
}

/** What any guard, or its proof, asks for. */
export const askedCounts = (policy: ReleasePolicy, guards: readonly GuardDefinition[] = allGuards): AskedCounts =>
  guards.reduce<AskedCounts>((all, { counts }) => ({ ...all, ...counts?.(policy) }), {});

/** Without a band nothing lies in it. */
const noBand = { from: Infinity, to: -Infinity };

/** What an analysis must read of the answers beside their labels: it costs time, so that only what the policy judges is read. */
export function answersToRead(policy: ReleasePolicy, guards: readonly GuardDefinition[] = allGuards): AnswersToRead {
  const { scores = false, outOfRange = false, band, liveLabels = false, values, mix } = askedCounts(policy, guards);
  return {
    scores,
    ...(band === undefined && !outOfRange ? {} : { scoreEvents: band ?? noBand }),
    liveLabels,
    ...(values === undefined ? {} : { values }),
    ...(mix === undefined ? {} : { mix }),
  };
}
