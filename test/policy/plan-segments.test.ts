import { expect, test } from 'vitest';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom } from '../../ml/random.ts';
import { eventRateTest } from '../../ml/sequential/event-rate.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { planRelease } from '../../policy/release/plan/release.ts';
import { planSegments } from '../../policy/release/plan/segments.ts';
import { traffic } from './declared-traffic.ts';

const guards = { bySegment: { column: 'country', values: { DE: 2, FR: 1 }, all: 4 } };
const policy = releasePolicySchema.parse({ guards });
const shares = { 'country=DE': 0.3, 'country=FR': 0.02 };

test('each guard of events has a row for each segment, by its own alpha and keys', () => {
  const rows = planSegments(policy, traffic, shares, { repeats: 100 });
  expect(rows.map(({ segment, guard }) => [segment, guard])).toEqual(
    ['country=DE', 'country=FR'].flatMap((segment) =>
      ['errors', 'slow', 'positives', 'negatives'].map((guard) => [segment, guard]),
    ),
  );
  const budget = guardBudget(policy, 1);
  for (const { segment, guard, alpha } of rows) expect(alpha).toBe(alphaOf(budget, guard, segment));
  const [german] = rows;
  expect(german?.needs.hours).toBeCloseTo((german?.needs.keys ?? 0) / (0.3 * 36_000), 3);
  const french = rows.filter(({ segment }) => segment === 'country=FR');
  expect(french.map(({ canFire }) => canFire)).toEqual([true, true, true, false]);
  const [ofAll] = planRelease(policy, traffic, { repeats: 100 }).filter(({ guard }) => guard === 'errors');
  expect(german?.finds).toBeGreaterThan(ofAll?.finds ?? Infinity);
  expect(french[0]?.finds).toBeGreaterThan(german?.finds ?? Infinity);
  expect(planSegments(policy, traffic, shares, { repeats: 100 })).toEqual(rows);
});

test("a segment's chance to be found is what its keys drawn one by one say", () => {
  const ratio = 2.4;
  const [row] = planSegments(policy, traffic, { ...shares, 'country=DE': 0.15 }, { ratio });
  const evidence = eventRateTest(1);
  const repeats = 150;
  let found = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const random = createRandom(repeat, 17);
    const counts = [0.05, 0.25, 0.5].map((share) => ({ share, champion: 0, canary: 0 }));
    let fired = false;
    for (let key = 0; key < 8100 && !fired; key++) {
      const step = counts[Math.floor(key / 2700)];
      if (step === undefined) throw new Error('there are three steps');
      const arm = random.next() < step.share ? 'canary' : 'champion';
      if (random.next() < (arm === 'canary' ? 0.01 * ratio : 0.01)) {
        step[arm] += 1;
        fired = evidence(counts) >= 1 / (row?.alpha ?? 0);
      }
    }
    if (fired) found += 1;
  }
  const direct = found / repeats;
  expect(Math.abs((row?.power ?? NaN) - direct)).toBeLessThan(
    3 * Math.sqrt(direct * (1 - direct) * (1 / repeats + 1 / 75)),
  );
  expect(direct).toBeGreaterThan(0.3);
  expect(direct).toBeLessThan(0.97);
});

test('there is no row where the policy names no segment', () => {
  expect(planSegments(releasePolicySchema.parse({}), traffic, {})).toEqual([]);
});
