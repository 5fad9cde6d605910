import { describe, expect, test } from 'vitest';
import type { LabelledKeys } from '../../contracts/evidence/release.ts';
import type { Arm } from '../../contracts/release/arm.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { meanAboveEvidence } from '../../ml/sequential/bounded-mean.ts';
import { inversePropensityCounts } from '../../ml/sequential/inverse-propensity.ts';
import { liveLossEvidence, liveNonInferiorityEvidence } from '../../ml/sequential/live-loss.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { liveAccuracy } from '../../policy/release/guards/live-accuracy.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { valuedKeys } from '../support/valued-keys.ts';
import { last, policyOf, quiet } from './groups.ts';

const share = 0.5;
const limits = { least: 0.1, greatest: 0.95 };

/** Keys of an arm with these losses, in [0, 1]. */
function keysOf(arm: Arm, losses: readonly number[], cap = 40, missing = 0): LabelledKeys {
  const { values: steps } = valuedKeys(share, arm, losses);
  return { share, arm, right: 0, wrong: 0, missing, losses: { of: 'error', steps, cap } };
}
const many = (count: number, loss: (random: Random) => number, seed = 1): number[] => {
  const random = createRandom(seed, 3);
  return Array.from({ length: count }, () => Math.min(1, Math.max(0, loss(random))));
};

describe('the evidence of live numbers', () => {
  test('is that of right and wrong labels where each loss is 0 or 1', () => {
    const numbers = [keysOf('champion', [0, 0, 0, 1]), keysOf('canary', [0, 1, 1, 1])];
    const labels: LabelledKeys[] = [
      { share, arm: 'champion', right: 3, wrong: 1, missing: 0 },
      { share, arm: 'canary', right: 1, wrong: 3, missing: 0 },
    ];
    expect(liveLossEvidence(numbers, limits, 0.01)).toBe(liveLossEvidence(labels, limits, 0.01));
    expect(liveNonInferiorityEvidence(numbers, limits, 0.5)).toBe(liveNonInferiorityEvidence(labels, limits, 0.5));
  });

  test('is never more than that of the losses themselves, and hardly less', () => {
    const drawn = {
      champion: many(900, (random) => 0.2 + 0.1 * random.normal()),
      canary: many(900, (random) => 0.3 + 0.1 * random.normal(), 2),
    };
    const { counts, range } = inversePropensityCounts(
      (['champion', 'canary'] as const).flatMap((arm) => drawn[arm].map((value) => ({ share, arm, value, count: 1 }))),
      limits,
    );
    const exact = Math.log(meanAboveEvidence(counts, range, 0.02));
    const found = Math.log(
      liveLossEvidence([keysOf('champion', drawn.champion), keysOf('canary', drawn.canary)], limits, 0.02),
    );
    expect(found).toBeLessThanOrEqual(exact);
    expect(found).toBeGreaterThan(0.98 * exact);
    expect(exact).toBeGreaterThan(3);
  });

  test('counts a missing label at its worst', () => {
    const known = [
      keysOf(
        'champion',
        many(500, () => 0.1),
      ),
      keysOf(
        'canary',
        many(500, () => 0.5),
      ),
    ];
    const absent = known.map((keys) => ({ ...keys, missing: 400 }));
    expect(liveLossEvidence(absent, limits, 0)).toBe(liveLossEvidence(known, limits, 0));
    expect(liveLossEvidence(absent, limits, 0, 'best')).toBeLessThan(liveLossEvidence(known, limits, 0));
  });
});

describe('the guard of live accuracy, of numbers', () => {
  const policy = policyOf(
    { predictions: 'mix', liveAccuracyLoss: 0.02 },
    { promotion: { metrics: { liveAccuracy: { margin: 0.1 }, accuracy: null } } },
  );
  const seen = (canary: readonly number[]) => {
    const keys = [
      keysOf(
        'champion',
        many(2_000, (random) => 0.2 + 0.1 * random.normal()),
      ),
      keysOf('canary', canary),
    ];
    return judgeAnalysis({ ...quiet, labelled: { all: keys, mature: keys } }, policy, last);
  };
  test('rolls back where errors are greater, and says both in the unit of the target', () => {
    const { verdict, decision } = seen(many(2_000, (random) => 0.3 + 0.1 * random.normal(), 2));
    expect(decision).toBe('rollback');
    expect(verdict.checks.find(({ name }) => name === 'guard.liveAccuracy')?.message).toMatch(
      /^mean error on live requests is worse than the champion's: canary's mean error 12\.\d+ on 2000, champion's mean error 8\.\d+ on 2000, a change of approximately [23]\.\d+ to [45]\.\d+, by share \(one above 40 counts as that\) \(e-value /,
    );
  });
  test('lets a version that is as good go on, by its proof', () => {
    const { verdict } = seen(many(2_000, (random) => 0.2 + 0.1 * random.normal(), 2));
    expect(verdict.checks.find(({ name }) => name === 'canary.nonInferior.liveAccuracy')).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(
        /^4000 labels of live requests rule out a rise of the mean error by 4\.8 on live requests/,
      ) as string,
    });
  });

  test('rolls back harmless candidates at most so often as alpha says, however often one looks', () => {
    const alpha = alphaOf(
      guardBudget(policyOf({ predictions: 'mix', liveAccuracyLoss: 0 }, { alpha: 0.5 }), 1),
      'liveAccuracy',
    );
    const strict = policyOf({ predictions: 'mix', liveAccuracyLoss: 0 });
    const alarm = (seed: number): boolean => {
      const random = createRandom(seed, 8);
      const losses: Record<Arm, number[]> = { champion: [], canary: [] };
      for (let key = 1; key <= 1_500; key++) {
        losses[random.next() < share ? 'canary' : 'champion'].push(Math.min(1, Math.abs(0.3 * random.normal())));
        if (key % 100 !== 0) continue;
        const keys = [keysOf('champion', losses.champion), keysOf('canary', losses.canary)];
        const { eValue } = liveAccuracy.test({ ...quiet, labelled: { all: keys, mature: keys } }, strict, alpha);
        if (eValue >= 1 / alpha) return true;
      }
      return false;
    };
    const repeats = 100;
    const alarms = Array.from({ length: repeats }, (_, seed) => alarm(seed)).filter(Boolean).length;
    expect(alarms / repeats).toBeLessThanOrEqual(alpha);
  });
});
