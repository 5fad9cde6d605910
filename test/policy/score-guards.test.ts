import { describe, expect, test } from 'vitest';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { answersToRead } from '../../policy/release/what-to-count/answers.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { guardsOf } from '../../policy/release/test-guards.ts';
import { definition } from './definition.ts';
import { nothingSeen } from './seen.ts';

const at = { phase: 'canary', retry: 1, hotfix: false } as const;
const watching = releasePolicySchema.parse({
  guards: { scoreBand: { from: 0.4, to: 0.6, ratio: 1.5 }, outOfRangeRatio: 1 },
});
const counts = (champion: number, canary: number) => [{ share: 0.25, champion, canary }];
const judged = (inBand: [number, number], outOfRange: [number, number]) =>
  guardsOf(
    { ...nothingSeen, scoreEvents: { inBand: counts(...inBand), outOfRange: counts(...outOfRange) } },
    watching,
    at,
  )
    .filter(({ fired }) => fired)
    .map(({ name }) => name);

describe('the guards of probabilities', () => {
  test('are in force, and read, only where their limits are set', () => {
    expect(guardsOf(nothingSeen, definition.release, at).map(({ name }) => name)).not.toContain('scoreBand');
    expect(answersToRead(definition.release)).not.toHaveProperty('scoreEvents');
    expect(answersToRead(watching).scoreEvents).toEqual({ from: 0.4, to: 0.6 });
    const only = releasePolicySchema.parse({ guards: { outOfRangeRatio: 1 } });
    expect(answersToRead(only).scoreEvents).toEqual({ from: Infinity, to: -Infinity });
    expect(guardsOf(nothingSeen, only, at).map(({ name }) => name)).toContain('outOfRange');
  });
  test('take their part of alpha from the others, and no more', () => {
    const budget = guardBudget(watching, 1);
    expect(budget.spent).toBeLessThanOrEqual(budget.available * (1 + 1e-12));
    expect(budget.shares.filter(({ guard }) => guard === 'scoreBand' || guard === 'outOfRange')).toHaveLength(2);
  });
  test('fire on a canary that is unsure more often than is borne, or gives no probability', () => {
    expect(judged([300, 100], [30, 10])).toEqual([]);
    expect(judged([300, 150], [30, 10])).toEqual([]);
    expect(judged([300, 400], [30, 10])).toEqual(['scoreBand']);
    expect(judged([300, 100], [0, 12])).toEqual(['outOfRange']);
  });
});
