import { describe, expect, test } from 'vitest';
import type { GroupCohort } from '../../contracts/evidence/groups.ts';
import { createRandom } from '../../ml/random.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { fairness } from '../../policy/release/guards/fairness.ts';
import { addPair } from '../../policy/release/observe/paired-counts.ts';
import { groupOf, groupsOf, policyOf, quiet } from './groups.ts';

interface Played {
  readonly missing: 'random' | 'worst';
  /** Share of the requests of women that each version fails. */
  readonly champion: number;
  readonly canary: number;
  /** Whether a request gets its label though the version that answers it fails. */
  readonly isLabelled: boolean;
}

const share = 0.1;
const looks = 20;
const keysPerLook = 150;

/** What the guard says when it fires; null where it never does. Both versions are wrong on one answer in ten. */
function play(seed: number, alpha: number, { missing, isLabelled, ...fails }: Played): string | null {
  const policy = policyOf(
    { fairness: { maxGroupLoss: 0.02, minGroupKeys: 30, maxGroups: 2, rates: ['error'] } },
    { labels: { maturity: 0, missing } },
  );
  const random = createRandom(seed, 17);
  const cohorts: Record<'men' | 'women', GroupCohort> = {
    men: { error: { labels: 0, worse: 0, better: 0 }, missing: 0, dropped: 0 },
    women: { error: { labels: 0, worse: 0, better: 0 }, missing: 0, dropped: 0 },
  };
  for (let look = 0; look < looks; look += 1) {
    for (let key = 0; key < keysPerLook; key += 1) {
      const group = random.next() < 0.5 ? 'men' : 'women';
      const failsBy = (rate: number): boolean => random.next() < rate && group === 'women';
      const failed = { champion: failsBy(fails.champion), canary: failsBy(fails.canary) };
      const lost = {
        champion: Number(failed.champion || random.next() < 0.1),
        canary: Number(failed.canary || random.next() < 0.1),
      };
      const answering = random.next() < share ? 'canary' : 'champion';
      const cohort = cohorts[group];
      if (isLabelled || !failed[answering]) addPair(cohort.error, lost);
      else (cohort.failed ??= { champion: 0, canary: 0 })[failed.canary ? 'canary' : 'champion'] += 1;
    }
    const seen = { ...quiet, groups: groupsOf(groupOf('men', cohorts.men), groupOf('women', cohorts.women)) };
    if (fairness.test(seen, policy, alpha).eValue >= 1 / alpha) return fairness.describe?.(seen, policy) ?? '';
  }
  return null;
}

const alpha = 0.1;
const repeats = 150;
const fired = (played: Played): number =>
  Array.from({ length: repeats }, (_, seed) => play(seed, alpha, played)).filter((said) => said !== null).length;

describe('a canary that fails the requests of one group alone', () => {
  test.each<Played>(
    (['random', 'worst'] as const).flatMap((missing) =>
      [true, false].map((isLabelled) => ({ missing, champion: 0, canary: 0.2, isLabelled })),
    ),
  )('is found out, and the group is named: %o', (played) => {
    const ofGuard = alphaOf(guardBudget(policyOf({ fairness: { maxGroupLoss: 0.02 } }), 1), 'fairness');
    for (let seed = 0; seed < 10; seed += 1)
      expect(play(seed, ofGuard, played)).toMatch(
        /^most against SEX = women by the error rate, changed by \d+(\.\d+)? % on/,
      );
  });
});

describe('a canary that fails a group as often as the champion does', () => {
  test.each<Played>(
    (['random', 'worst'] as const).flatMap((missing) =>
      [true, false].map((isLabelled) => ({ missing, champion: 0.2, canary: 0.2, isLabelled })),
    ),
  )('is rolled back at most so often as alpha says: %o', (played) => {
    expect(fired(played)).toBeLessThanOrEqual(alpha * repeats);
  });
});
