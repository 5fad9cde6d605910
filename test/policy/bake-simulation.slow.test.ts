import { describe, expect, test } from 'vitest';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom } from '../../ml/random.ts';
import { eventRateEvidence } from '../../ml/sequential/event-rate.ts';
import { guardsOf } from '../../policy/release/test-guards.ts';
import { bakedMinutes, type BakedMinute, type BakingKeys } from './baking-keys.ts';
import { quiet } from './groups.ts';

const policy = releasePolicySchema.parse({ alpha: 0.05, guards: { slowRatio: 1 } });

/** A bake of two hours. */
const keys = (ratio: number, more: Partial<BakingKeys> = {}): BakingKeys => ({
  minutes: 120,
  population: 3_000,
  requestsPerMinute: 0.4,
  alwaysShare: 0,
  baseRate: 0.05,
  ratioAt: () => ratio,
  ...more,
});
const unequal = { alwaysShare: 0.02 };

/** First events of errors and slow answers are the same, so that each guard of events is asked. */
function guardsAt({ counts, bake }: BakedMinute) {
  const seen: ReleaseObservation = {
    ...quiet,
    arms: { ...quiet.arms, canary: { ...quiet.arms.canary, slow: 500 } },
    events: { ...quiet.events, error: [counts], slow: [counts], positive: [counts], negative: [counts] },
    bake,
  };
  return guardsOf(seen, policy, { phase: 'bake', retry: 1, hotfix: false });
}

/** Guards that fire, looked at once a minute, of each release. */
const fires = (of: BakingKeys, releases: number): Set<string>[] =>
  Array.from({ length: releases }, (_, release) => {
    const fired = new Set<string>();
    for (const minute of bakedMinutes(of, createRandom(release, 31)))
      for (const guard of guardsAt(minute)) if (guard.fired) fired.add(guard.name);
    return fired;
  });

describe('guards of events in a bake, where keys return', () => {
  test.each([
    ['a version with 30 % of the errors', keys(0.3)],
    ['a version with 70 % of the errors', keys(0.7)],
    ['a better version, where some keys always fail', keys(0.3, unequal)],
    ['a version that becomes better half way', keys(1, { ratioAt: (minute) => (minute < 60 ? 1 : 0.3) })],
    ['an equal version', keys(1)],
    ['an equal version that seldom fails', keys(1, { baseRate: 0.001 })],
    ['an equal version, where some keys always fail', keys(1, unequal)],
    ['an equal version, where hardly any but these fail', keys(1, { ...unequal, baseRate: 0.0005 })],
  ])('fire %s at most as often as alpha says', (_, of) => {
    const wrong = fires(of, 40).filter((names) => names.size > 0).length;
    expect(wrong / 40).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 40));
  });

  test('fire where errors are four times as many', () => {
    const found = fires(keys(4, { requestsPerMinute: 0.02 }), 20).filter((names) => names.has('bakeErrors'));
    expect(found.length).toBeGreaterThanOrEqual(18);
  });
});

describe('a failure that begins late in a bake', () => {
  /** Equal for an hour and a half; minutes until the guard fires, and until the begin alone would. */
  const delays = (of: BakingKeys, releases: number): { starts: number[]; begin: number[] } => {
    const [starts, begin]: [number[], number[]] = [[], []];
    for (let release = 0; release < releases; release += 1) {
      const never = of.minutes;
      let [byStarts, byBegin] = [never, never];
      for (const minute of bakedMinutes(of, createRandom(release, 32))) {
        const guard = guardsAt(minute).find(({ name }) => name === 'bakeErrors');
        if (guard?.fired === true) byStarts = Math.min(byStarts, minute.minute);
        if (eventRateEvidence([minute.counts], policy.guards.errorRatio) >= 1 / (guard?.alpha ?? 0))
          byBegin = Math.min(byBegin, minute.minute);
      }
      starts.push(byStarts);
      begin.push(byBegin);
    }
    return { starts: starts.toSorted((a, b) => a - b), begin: begin.toSorted((a, b) => a - b) };
  };
  test('is found sooner than from the begin alone, though the begin had the whole alpha', () => {
    const { starts, begin } = delays(
      keys(1, { ...unequal, baseRate: 0.003, ratioAt: (minute) => (minute < 90 ? 1 : 5) }),
      20,
    );
    const missed = (minutes: number[]): number => minutes.filter((minute) => minute === 120).length;
    expect(missed(starts)).toBe(0);
    expect(missed(begin)).toBeGreaterThanOrEqual(4);
    expect(begin[10]! - starts[10]!).toBeGreaterThanOrEqual(5);
  });
});
