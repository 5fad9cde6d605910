import { describe, expect, test } from 'vitest';
import type { EventCounts, PredictedKeys } from '../../contracts/evidence/release.ts';
import { createRandom } from '../../ml/random.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { incidentsFor } from '../../policy/release/backtest/incidents.ts';
import { runIncident } from '../../policy/release/backtest/run-backtest.ts';
import { guardBudget, guardsInForce } from '../../policy/release/guards-in-force.ts';
import { mix } from '../../policy/release/guards/mix.ts';
import { positives } from '../../policy/release/guards/positives.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { declareTraffic, trafficOf } from '../../policy/release/plan/choose-traffic.ts';
import { planRelease } from '../../policy/release/plan/release.ts';
import { policyFaults } from '../../policy/release/policy-faults.ts';
import { answersToRead } from '../../policy/release/what-to-count/answers.ts';
import { traffic } from './declared-traffic.ts';
import { last, policyOf, quiet } from './groups.ts';

const policy = policyOf({ predictions: 'mix' });
const predicted = (counts: Record<string, [champion: number, canary: number]>, share = 0.5): PredictedKeys[] =>
  Object.entries(counts).map(([prediction, [champion, canary]]) => ({
    prediction,
    events: [{ share, champion, canary }],
  }));

describe('the guard mix', () => {
  test('is in force where labels are not two, in the place of positives and negatives, with their alpha', () => {
    const two = policyOf({});
    expect(guardsInForce(two)).not.toContain('mix');
    expect(guardsInForce(policy)).toContain('mix');
    expect(guardsInForce(policy).filter((name) => name === 'positives' || name === 'negatives')).toEqual([]);
    const [before, after] = [guardBudget(two, 1), guardBudget(policy, 1)];
    expect(alphaOf(after, 'mix')).toBeCloseTo(alphaOf(before, 'positives') + alphaOf(before, 'negatives'), 12);
    expect(alphaOf(after, 'accuracy')).toBeCloseTo(alphaOf(before, 'accuracy'), 12);
    expect(answersToRead(policy).mix).toBe(true);
    expect(answersToRead(two)).not.toHaveProperty('mix');
  });

  test('is named where a rule names guards of other labels', () => {
    const rules = (given: object) => policyFaults(policyOf({ predictions: 'mix', rules: given }));
    expect(rules({ mix: { action: 'pause' } })).toEqual([]);
    expect(rules({ negatives: { weight: 0 } })).toEqual([]);
    expect(rules({ positives: { action: 'pause' } })).toEqual([
      'release.guards.rules.positives: this guard is not in force: it judges two labels, which release.guards.predictions says there are not: of more labels and of numbers name mix, or leave the rule out',
    ]);
    expect(policyFaults(policyOf({ rules: { mix: { action: 'pause' } } }))).toEqual([
      'release.guards.rules.mix: this guard is not in force: it judges more labels than two, and numbers: name positives and negatives in release.guards.rules, or leave the rule out',
    ]);
  });

  test('is not named where nothing judges predictions, as of a ranking', () => {
    for (const rule of ['positives', 'negatives', 'mix'])
      expect(policyFaults(policyOf({ predictions: 'none', rules: { [rule]: { action: 'pause' } } }))).toEqual([
        `release.guards.rules.${rule}: this guard is not in force: release.guards.predictions is none, and this guard judges predictions: write twoLabels or mix there, or leave the rule out`,
      ]);
  });

  test('rolls back, and names the prediction and both shares', () => {
    const counts = predicted({ small: [500, 330], middle: [400, 370], large: [100, 300] });
    const { guards, verdict, decision } = judgeAnalysis({ ...quiet, mix: counts }, policy, last);
    expect(decision).toBe('rollback');
    expect(guards.filter(({ fired }) => fired).map(({ name }) => name)).toEqual(['mix']);
    expect(verdict.checks.find(({ name }) => name === 'guard.mix')?.message).toMatch(
      /^a prediction is too frequent: "large" for 30 % of the canary's 1000 keys, for 10 % of the champion's 1000 keys \(e-value /,
    );
    const even = judgeAnalysis({ ...quiet, mix: predicted({ small: [500, 500], large: [500, 500] }) }, policy, last);
    expect(even.guards.find(({ name }) => name === 'mix')?.eValue).toBeLessThan(1);
    expect(judgeAnalysis(quiet, policy, last).guards.find(({ name }) => name === 'mix')?.eValue).toBe(1);
  });

  test('has the mean of the e-values that positives would have of each prediction', () => {
    const counts = predicted({ small: [500, 330], middle: [400, 370], large: [100, 300], none: [0, 0] }, 0.3);
    const alone = counts.map(
      ({ events }) =>
        positives.test({ ...quiet, events: { ...quiet.events, positive: events } }, policyOf({}), 0.05).eValue,
    );
    const mean = alone.reduce((sum, value) => sum + value, 0) / alone.length;
    expect(mix.test({ ...quiet, mix: counts }, policy, 0.05).eValue / mean).toBeCloseTo(1, 12);
    expect(alone[3]).toBe(1);
  });

  test('is planned for the rarest prediction, at its part of the alpha', () => {
    const rows = planRelease(policy, { ...traffic, predictionShare: 0.05 }, { repeats: 40 }, [mix]);
    expect(rows).toMatchObject([{ guard: 'mix', canFire: true, effect: { kind: 'ratio', value: 3 } }]);
    expect(rows[0]?.message).toMatch(/asked about a prediction with 5 % of the champion's keys, one of 10$/);
    const alone = planRelease(policyOf({}), { ...traffic, positiveRate: 0.05 }, { repeats: 40 }, [positives]);
    expect(rows[0]?.needs.keys).toBeGreaterThan(alone[0]?.needs.keys ?? Infinity);
  });

  test('asks by what was measured, else as if predictions were even', () => {
    const measured = { hours: 1, keys: 100, errors: 0, slow: 0, answered: 90, positives: 0, labels: 0, wrong: 0 };
    const none = { labelled: 0, labelDelayHours: null, mirrored: 0, disagree: 0, scoreSpread: null };
    const counts = { ...measured, ...none, smallestGroup: null, rarestPrediction: { label: 'large', keys: 9 } };
    expect(declareTraffic({ predictionParts: 3 }, counts).predictionShare).toEqual({
      value: 0.1,
      from: 'measured',
      note: '"large", 9 of 90 keys',
    });
    expect(declareTraffic({ predictionParts: 3 }, null).predictionShare).toMatchObject({ value: 1 / 3 });
    expect(trafficOf(declareTraffic({ predictionShare: 0.2 }, counts)).predictionShare).toBe(0.2);
  });

  test('is tried on a prediction that is three times as frequent, which it stops', () => {
    const quick = policyOf(
      { predictions: 'mix' },
      { analyzeEvery: '5m', steps: [0.5], stepDuration: '30m', bake: '20m', deadline: '6h' },
    );
    const { incidents } = incidentsFor(quick, traffic, [mix]);
    const played = (name: string, repeats: number) =>
      runIncident(
        { policy: quick, traffic, repeats, seed: 1 },
        incidents.findIndex((one) => one.name === name),
        [mix],
      );
    expect(played('a prediction x 3', 5)).toMatchObject({ outcomes: { rolledBack: 5 }, stoppedBy: { mix: 5 } });
    expect(played('no difference', 20).outcomes.passed).toBe(20);
    expect(incidentsFor(policyOf({}), traffic).incidents.map(({ name }) => name)).not.toContain('a prediction x 3');
  });
});

describe('predictions of a stream of keys, looked at after every fifty', () => {
  const tolerant = policyOf({ predictions: 'mix', predictionRatio: 1.5 });
  const alpha = 0.2;
  const uneven = [0.5, 0.3, 0.12, 0.05, 0.02, 0.01];

  /** Whether an analysis finds an e-value of 1 / alpha or more. `canary`: the shares of its predictions. */
  function fires(seed: number, canary: readonly number[]): boolean {
    const random = createRandom(seed, 71);
    const counts = predicted(Object.fromEntries(uneven.map((_, part) => [String(part), [0, 0]])));
    for (let key = 1; key <= 3_000; key++) {
      const share = key <= 1_000 ? 0.1 : 0.5;
      const arm = random.next() < share ? 'canary' : 'champion';
      const part = pick(random.next(), arm === 'canary' ? canary : uneven);
      const { events } = counts[part] ?? { events: [] as EventCounts[] };
      let cell = events.find((one) => one.share === share);
      if (cell === undefined) events.push((cell = { share, champion: 0, canary: 0 }));
      cell[arm] += 1;
      if (key % 50 === 0 && mix.test({ ...quiet, mix: counts }, tolerant, alpha).eValue >= 1 / alpha) return true;
    }
    return false;
  }
  const pick = (chance: number, shares: readonly number[]): number => {
    let below = 0;
    return shares.findIndex((share) => chance < (below += share));
  };
  const alarms = (repeats: number, canary: readonly number[]): number =>
    Array.from({ length: repeats }, (_, seed) => fires(seed, canary)).filter(Boolean).length / repeats;

  test('fire at most as often as alpha says for the most frequent that is borne, with uneven classes', () => {
    // The rarer four at exactly the tolerated ratio.
    const borne = [0.4, 0.3, 0.18, 0.075, 0.03, 0.015];
    expect(borne.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(alarms(200, borne)).toBeLessThanOrEqual(alpha);
    expect(alarms(100, uneven)).toBeLessThanOrEqual(0.02);
  });

  test('find a rare class that is three times as frequent', () => {
    expect(alarms(40, [0.4, 0.3, 0.12, 0.15, 0.02, 0.01])).toBe(1);
  });
});
