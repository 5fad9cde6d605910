import type { LabelHistory } from '../../../ml/simulation/labels.ts';
import { pairedLossEvidence } from '../../../ml/sequential/paired.ts';
import { normalQuantile } from '../../../ml/statistics/normal.ts';
import { evidenceLimits } from './decider.ts';
import type { Decider, Declared } from './decider.ts';

interface Pairs {
  labels: number;
  worse: number;
  better: number;
}

/** Adds up the pairs and hands them on each minute. */
const onPairs = (evidence: (pairs: Pairs) => number) => () => {
  const pairs: Pairs = { labels: 0, worse: 0, better: 0 };
  return (history: LabelHistory, minute: number): number => {
    pairs.labels += history.labels[minute] ?? 0;
    pairs.worse += history.worse[minute] ?? 0;
    pairs.better += history.better[minute] ?? 0;
    return evidence(pairs);
  };
};

/** Ours: the betting e-process of `pairedLossEvidence` with no loss tolerated; rollback at 1 / alpha. */
export const pairedDecider = (declared: Declared): Decider<LabelHistory> => ({
  name: 'pawl',
  limits: evidenceLimits(declared),
  open: onPairs((pairs) => pairedLossEvidence(pairs, 0)),
});

/** McNemar's test (1947) on the discordant pairs, repeated each minute: rollback at a one-sided p of alpha. */
export const repeatedMcNemarDecider = ({ alpha }: Declared): Decider<LabelHistory> => ({
  name: 'repeated McNemar',
  limits: [{ name: '', limit: normalQuantile(1 - alpha) }],
  open: onPairs(({ worse, better }) => (worse + better === 0 ? 0 : (worse - better) / Math.sqrt(worse + better))),
});
