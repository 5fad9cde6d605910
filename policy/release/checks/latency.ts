import { latencyEdgeMs, type LatencyStretch, type ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check } from '../../../contracts/verdict.ts';
import { compareHistograms, type HistogramComparison } from '../../../ml/sequential/ks-band.ts';
import { percent, reported, short } from '../../check.ts';
import { bakes, rampOf } from '../plan/setting.ts';

/** Chance that a release is warned of slower answers at any analysis while the versions are as fast. */
const level = 0.01;

/**
 * Whether the canary is slower at any quantile, and not only above `slowMs`: a sequential Kolmogorov-Smirnov band in each stretch of
 * constant share (`compareHistograms`), with an even part of `level` for each share that the policy plans. It warns at most: what is
 * too slow is for the guard `slow` to say.
 */
export function latencyChecks({ latencies }: Pick<ReleaseObservation, 'latencies'>, policy: ReleasePolicy): Check[] {
  if (latencies.length === 0) return [];
  const planned = rampOf(policy).length + (bakes(policy) ? 1 : 0);
  const alpha = level / Math.max(planned, latencies.length);
  const slower = latencies.flatMap((stretch) => {
    const compared = comparisonOf(stretch, alpha);
    return compared.differ && compared.difference > 0 ? [describe(stretch, compared)] : [];
  });
  if (slower.length === 0)
    return [
      reported(
        'latency',
        'pass',
        0,
        0,
        `the canary is not seen to be slower at any quantile, at ${sharesOf(latencies)}`,
      ),
    ];
  return [reported('latency', 'warn', slower.length, 0, slower.join('; '))];
}

const sharesOf = (stretches: readonly LatencyStretch[]): string =>
  `${stretches.map(({ share }) => percent(share)).join(', ')} of the traffic`;

interface Compared extends HistogramComparison {
  /** Bin of the first count of either. */
  readonly first: number;
}

function comparisonOf({ champion, canary }: LatencyStretch, alpha: number): Compared {
  const bins = [...champion, ...canary].map(([bin]) => bin);
  const [first, last] = [Math.min(...bins), Math.max(...bins)];
  const dense = (counts: LatencyStretch['champion']): number[] => {
    const all = Array.from({ length: last - first + 1 }, () => 0);
    for (const [bin, keys] of counts) all[bin - first] = keys;
    return all;
  };
  return { first, ...compareHistograms(dense(champion), dense(canary), alpha) };
}

function describe({ share }: LatencyStretch, { first, bin, difference, limit }: Compared): string {
  const ms = short(Number(latencyEdgeMs(first + bin + 1).toPrecision(2)));
  return `at ${percent(share)} of the traffic ${percent(Number(difference.toPrecision(2)))} more of the canary's keys wait longer than ${ms} ms than of the champion's (within ${percent(Number(limit.toPrecision(2)))})`;
}
