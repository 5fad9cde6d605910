import { describe, expect, test } from 'vitest';
import type { EventCounts, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { releasePolicySchema } from '../../contracts/release-policy.ts';
import { createRandom } from '../../ml/random.ts';
import { arms, type ReleaseHistory } from '../../ml/simulation/history.ts';
import { simulateRelease, type Traffic } from '../../ml/simulation/traffic.ts';
import { guardsOf } from '../../policy/guards.ts';
import { quiet } from './groups.ts';

const policy = releasePolicySchema.parse({ alpha: 0.05, guards: { slowRatio: 1 } });
const share = 1 - 0.1;
const minutes = 120;
const bake = { phase: 'bake', retry: 1, hotfix: false } as const;

/** A bake behind a holdback of a tenth; each key has its first event once. */
const traffic = (ratio: number, more: Partial<Traffic> = {}): Traffic => ({
  minutes,
  keys: { kind: 'returning', population: 3_000, requestsPerMinute: 0.4, alwaysShare: 0 },
  steps: [{ share, minutes }],
  baseRate: 0.05,
  ratio,
  noise: { kind: 'flat' },
  ...more,
});
const unequal = { keys: { kind: 'returning', population: 3_000, requestsPerMinute: 0.4, alwaysShare: 0.02 } } as const;

/** Looks once a minute; first events of errors and slow answers are the same, so that each guard of events is asked. */
function firesOf(history: ReleaseHistory): Set<string> {
  const runs: [number, number][] = [];
  const counts: EventCounts = { share, champion: 0, canary: 0 };
  const fired = new Set<string>();
  for (let minute = 0; minute < history.minutes; minute++) {
    for (const arm of arms) {
      const events = history[arm].firstEvents[minute] ?? 0;
      if (events > 0) runs.push([share, arm === 'canary' ? events : -events]);
      counts[arm] += events;
    }
    const seen: ReleaseObservation = {
      ...quiet,
      arms: { ...quiet.arms, canary: { ...quiet.arms.canary, slow: 500 } },
      events: { ...quiet.events, error: [counts], slow: [counts], positive: [counts], negative: [counts] },
      bake: { error: runs, slow: runs },
    };
    for (const guard of guardsOf(seen, policy, bake)) if (guard.convicted) fired.add(guard.name);
  }
  return fired;
}
const releasesThatFire = (of: Traffic, releases: number): string[][] =>
  Array.from({ length: releases }, (_, release) => [...firesOf(simulateRelease(of, createRandom(release, 31)))]);
const share0 = (fires: string[][]): number => fires.filter((names) => names.length > 0).length / fires.length;

describe('guards of events in a bake, where keys return', () => {
  test.each([
    ['a version with 30 % of the errors', traffic(0.3)],
    ['a version with 70 % of the errors', traffic(0.7)],
    ['a better version, where some keys always fail', traffic(0.3, unequal)],
    ['an equal version', traffic(1)],
    ['an equal version, where some keys always fail', traffic(1, unequal)],
  ])('convict %s at most as often as alpha says', (_, of) => {
    expect(share0(releasesThatFire(of, 40))).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 40));
  });
  test('fire where errors are four times as many', () => {
    const few = { keys: { kind: 'returning', population: 3_000, requestsPerMinute: 0.02, alwaysShare: 0 } } as const;
    const fires = releasesThatFire(traffic(4, few), 20);
    expect(fires.filter((names) => names.includes('bakeErrors')).length).toBeGreaterThanOrEqual(18);
  });
});
