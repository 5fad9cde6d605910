import type { BakeEvents, EventCounts } from '../../contracts/evidence/release.ts';
import type { Random } from '../../ml/random.ts';
import { poisson } from '../../ml/statistics/poisson.ts';
import { startsOfBake } from '../../policy/release/bake-starts.ts';

/** A bake with a holdback, minute by minute, of keys that come again and again. */
export interface BakingKeys {
  readonly minutes: number;
  readonly population: number;
  readonly requestsPerMinute: number;
  /** Of the population those that fail whenever they come, on either version. */
  readonly alwaysShare: number;
  /** Chance that a request of another key fails, of the holdback. */
  readonly baseRate: number;
  /** How many times that the canary's is, by minute. */
  readonly ratioAt: (minute: number) => number;
}

const share = 0.9;

/** What of an analysis a bake has to say, after each minute. */
export interface BakedMinute {
  readonly minute: number;
  /** First errors of the keys since the begin. */
  readonly counts: EventCounts;
  readonly bake: BakeEvents[];
}

export function* bakedMinutes(of: BakingKeys, random: Random): Generator<BakedMinute> {
  const { population, minutes, requestsPerMinute } = of;
  const onCanary = Uint8Array.from({ length: population }, () => Number(random.next() < share));
  const fails = Uint8Array.from({ length: population }, () => Number(random.next() < of.alwaysShare));
  // The last start since which a key failed: each earlier one knows it too.
  const known = new Int8Array(population).fill(-1);
  const starts: EventCounts[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    const begun = startsOfBake({ bake: minutes }, 0, minute).length;
    while (starts.length < begun) starts.push({ share, champion: 0, canary: 0 });
    const requests = poisson(random, population * requestsPerMinute);
    for (let request = 0; request < requests; request += 1) {
      const key = Math.floor(random.next() * population);
      const rate = of.baseRate * (onCanary[key] === 1 ? of.ratioAt(minute) : 1);
      if (fails[key] !== 1 && random.next() >= rate) continue;
      for (let start = (known[key] ?? -1) + 1; start < begun; start += 1) {
        const counts = starts[start];
        if (counts !== undefined) counts[onCanary[key] === 1 ? 'canary' : 'champion'] += 1;
      }
      known[key] = begun - 1;
    }
    const [counts = { share, champion: 0, canary: 0 }] = starts;
    yield { minute, counts, bake: starts.map((one) => ({ error: [one], slow: [one] })) };
  }
}
