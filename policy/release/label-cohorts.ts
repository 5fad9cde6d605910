import type { LabelDelay } from '../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { hourMs, minuteMs } from '../../contracts/duration.ts';

/** How keys without a label count: not at all, or each at the worst or the best for the candidate. */
export type MissingLabels = 'out' | 'worst' | 'best';

/** The age at which labels have come, in milliseconds; 0 where none is declared, which proves nothing by labels. */
export const maturityOf = ({ labels }: Pick<ReleasePolicy, 'labels'>): number => labels.maturity ?? 0;

/** Whether labels that have not come by the declared age say nothing by not coming. */
export const areMissingAtRandom = ({ labels }: Pick<ReleasePolicy, 'labels'>): boolean =>
  labels.maturity !== null && labels.missing === 'random';

/** How keys of the mature cohort without a label count for a proof. */
export const missingForProof = (policy: Pick<ReleasePolicy, 'labels'>): MissingLabels =>
  areMissingAtRandom(policy) ? 'out' : 'worst';

/**
 * Evidence of labels against the candidate. Labels that come by what they say, or by which version is right, would make guards fire on a harmless
 * candidate if the others were left out, so each missing one counts for the candidate. Such evidence of the keys up to any time is at
 * most that of their complete labels, whose e-process it can exceed at no analysis: so the mature keys and all keys may both be asked.
 * Where labels are declared to be missing at random, the mature keys alone are asked, as labels of young ones come by their delay.
 */
export function evidenceAgainst<Keys>(
  policy: Pick<ReleasePolicy, 'labels'>,
  { all, mature }: { readonly all: Keys; readonly mature: Keys },
  evidence: (keys: Keys, missing: MissingLabels) => number,
): number {
  if (areMissingAtRandom(policy)) return evidence(mature, 'out');
  return Math.max(evidence(mature, 'best'), evidence(all, 'best'));
}

const span = (ms: number): string =>
  ms < minuteMs
    ? `${Math.round(ms / 1_000)} s`
    : ms < hourMs
      ? `${Math.round(ms / minuteMs)} min`
      : `${(ms / hourMs).toPrecision(2)} h`;

/** Why nothing is proven by labels yet, with what their delays were by outcome; null where the age is declared. */
export function undeclaredMaturity(
  { labels }: Pick<ReleasePolicy, 'labels'>,
  delays: readonly LabelDelay[] = [],
): string | null {
  if (labels.maturity !== null) return null;
  const said = delays.map(
    ({ label, labels: count, medianMs, p95Ms }) =>
      `${count} labels "${label}" after ${span(medianMs)} (95 % within ${span(p95Ms)})`,
  );
  const seen = said.length === 0 ? 'no label has come yet' : `so far ${said.join(', ')} have come`;
  return `declare in release.labels.maturity after which age a label has come if it ever does, for every label: ${seen}`;
}
