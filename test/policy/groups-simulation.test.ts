import { describe, expect, test } from 'vitest';
import type { ObservedGroups } from '../../contracts/evidence/groups.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { guardsOf } from '../../policy/release/test-guards.ts';
import { judgeGroups } from '../../policy/release/guards/groups.ts';
import { cohort, fairness, groupOf, groupsOf, guard, last, policyOf, quiet, same } from './groups.ts';

const names = ['a', 'b', 'c', 'd'];

/**
 * The greatest evidence of a release whose labels come a few hundred at a time, and the look at which it fires at `alpha`. All
 * groups are worse off by exactly what is tolerated, `b` by `harm` more.
 */
function simulate(random: Random, harm: number, alpha: number): { at: number | null; groups: ObservedGroups } {
  const policy = policyOf({ fairness: { maxGroupLoss: 0.02, minGroupKeys: 50, maxGroups: names.length } });
  const cohorts = names.map(() => ({ tpr: same(0), fpr: same(0), error: same(0), missing: 0, dropped: 0 }));
  const groups = groupsOf(...names.map((name, i) => groupOf(name, cohorts[i] ?? cohort())));
  for (let at = 1; at <= 40; at++) {
    for (const [i, { tpr, fpr, error }] of cohorts.entries())
      for (let key = 0; key < 40 * (i + 1); key++) {
        const change = random.next();
        const loss = 0.08 + (names[i] === 'b' ? harm : 0);
        const [worse, better] = [Number(change < loss), Number(change >= loss && change < loss + 0.06)];
        for (const counts of [random.next() < 0.4 ? tpr : fpr, error]) {
          counts.labels += 1;
          counts.worse += worse;
          counts.better += better;
        }
      }
    const guards = guardsOf({ ...quiet, groups }, policy, last);
    if (guards.some(({ name, eValue }) => name === 'fairness' && eValue >= 1 / alpha)) return { at, groups };
  }
  return { at: null, groups };
}

describe('releases, by simulation', () => {
  test('with every group worse off by exactly what is tolerated are rolled back at most so often as alpha says', () => {
    const repeats = 200;
    const alpha = 0.1;
    const fired = Array.from({ length: repeats }, (_, seed) => simulate(createRandom(seed, 11), 0, alpha).at);
    expect(fired.filter((at) => at !== null).length).toBeLessThanOrEqual(alpha * repeats);
  });
  test('that harm one of the groups are found out, and the group is named', () => {
    for (let seed = 0; seed < 10; seed++) {
      const alpha = alphaOf(guardBudget(policyOf({ fairness }), 1), 'fairness');
      const { at, groups } = simulate(createRandom(seed, 12), 0.1, alpha);
      expect(at).toBeLessThanOrEqual(20);
      const [worst] = judgeGroups(groups, guard, policyOf({})).toSorted((a, b) => b.harm - a.harm);
      expect(worst?.group).toBe('b');
    }
  });
});
