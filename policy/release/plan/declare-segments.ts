import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { wholeTraffic } from '../alpha-budget.ts';
import type { TrafficCounts, TrafficNumber } from './choose-traffic.ts';
import { segmentWeights } from '../what-to-count/segments.ts';

/** Share of the keys, by segment. */
export type SourcedSegments = Readonly<Record<string, TrafficNumber>>;

/**
 * Shares of the keys by segment that the policy names: what was given, else what was measured, else even ones. A measured segment without keys
 * is taken to have 1 / (keys + 2) of them (Laplace's rule).
 */
export function declareSegments(
  policy: ReleasePolicy,
  given: Readonly<Record<string, number>>,
  measured: TrafficCounts | null,
): SourcedSegments {
  const names = Object.keys(segmentWeights(policy)).filter((segment) => segment !== wholeTraffic);
  return Object.fromEntries(
    names.map((segment): [string, TrafficNumber] => {
      const value = given[segment];
      if (value !== undefined) return [segment, { value, from: 'given', note: '' }];
      const { segments, keys = 0 } = measured ?? {};
      if (segments === undefined || keys === 0)
        return [segment, { value: 1 / names.length, from: 'default', note: 'even shares' }];
      const count = segments[segment] ?? 0;
      const note = `${count} of ${keys} keys`;
      return [
        segment,
        count === 0
          ? { value: 1 / (keys + 2), from: 'estimated', note: `${note}; 1 of ${keys + 2} is taken` }
          : { value: count / keys, from: 'measured', note },
      ];
    }),
  );
}
