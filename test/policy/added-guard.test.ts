import { describe, expect, test } from 'vitest';
import type { GuardName } from '../../contracts/release/guards-policy.ts';
import { eventRateEvidence } from '../../ml/sequential/event-rate.ts';
import { describePlan } from '../../cli/plan/describe.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { incidentsFor } from '../../policy/release/backtest/incidents.ts';
import { runIncident } from '../../policy/release/backtest/run-backtest.ts';
import { guardBudget, guardsInForce } from '../../policy/release/guards-in-force.ts';
import { always, type GuardDefinition } from '../../policy/release/guards/guard.ts';
import { allGuards } from '../../policy/release/guards/index.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { declareTraffic } from '../../policy/release/plan/choose-traffic.ts';
import { unproven } from '../../policy/release/plan/metric-plan.ts';
import { planPromotion } from '../../policy/release/plan/promotion.ts';
import { onRamp } from '../../policy/release/plan/event-plans.ts';
import { planRelease } from '../../policy/release/plan/release.ts';
import { answersToRead } from '../../policy/release/what-to-count/answers.ts';
import { traffic } from './declared-traffic.ts';
import { guardTable } from './guard-table.ts';
import { last, policyOf, quiet } from './groups.ts';

/** All that a new guard needs, beside its line in `guards/index.ts` and its name in `guardNames`. */
const burning: GuardDefinition = {
  name: 'burning' as GuardName,
  harm: 'it burns',
  defaultWeight: 0.25,
  inForce: always,
  counts: () => ({ liveLabels: true }),
  test: ({ events }) => ({
    eValue: eventRateEvidence(events.error, 4),
    estimand: "rate of keys with an error is at most 4 times the champion's",
  }),
  describe: ({ arms }) => `${arms.canary.errors} requests of the canary failed`,
  proof: () => ({
    test: ({ arms }) => ({
      metric: burning.name,
      evidence: arms.canary.errors === 0 ? 100 : 1,
      harm: 'a fire',
      counted: `${arms.canary.requests} requests`,
      detail: 'no smoke',
    }),
    plan: () => unproven('a fire', { kind: 'ratio', value: 4 }, 'nothing proves it'),
  }),
  plan: onRamp(
    ({ errorRate }) => errorRate,
    () => 4,
  ),
  numbers: (_, { errorRate }) => [{ name: 'fires', value: String(errorRate.value), from: errorRate }],
  incidents: (_, { errorRate }) => [
    { name: 'errors x 12', harm: { errorRatio: 12 }, why: errorRate === 0 ? 'there is no fire' : null },
  ],
  docs: { setting: 'fire: true', evidence: 'smoke', hypothesis: '"there is no fire", a nose' },
};
const guards = [...allGuards, burning];
const policy = policyOf({});
const onFire = { ...quiet, events: { ...quiet.events, error: [{ share: 0.5, champion: 10, canary: 200 }] } };

describe('a guard that is added', () => {
  test('has its part of alpha, which the others give', () => {
    expect(guardsInForce(policy, guards)).toEqual([...guardsInForce(policy), 'burning']);
    const [before, after] = [guardBudget(policy, 1), guardBudget(policy, 1, guards)];
    expect(alphaOf(after, 'burning')).toBeCloseTo((after.available * 0.25) / 1.25, 15);
    expect(alphaOf(after, 'accuracy')).toBeCloseTo(alphaOf(before, 'accuracy') / 1.25, 15);
    expect(after.spent).toBeLessThanOrEqual(after.available * (1 + 1e-12));
  });
  test('has what it needs counted', () => {
    expect(answersToRead(policy).liveLabels).toBe(false);
    expect(answersToRead(policy, guards).liveLabels).toBe(true);
  });
  test('is judged, and rolls back', () => {
    const { guards: judged, verdict, decision } = judgeAnalysis(onFire, policy, last, [burning]);
    expect(decision).toBe('rollback');
    expect(judged).toMatchObject([{ name: 'burning', fired: true, action: 'rollback' }]);
    const said = verdict.checks.find(({ name }) => name === 'guard.burning');
    expect(said?.status).toBe('fail');
    expect(said?.message).toContain('it burns: 0 requests of the canary failed (e-value');
    expect(judgeAnalysis(onFire, policy, last, guards).guards.at(-1)?.name).toBe('burning');
  });
  test('must be ruled out before promotion', () => {
    const failing = { ...quiet, arms: { ...quiet.arms, canary: { ...quiet.arms.canary, errors: 1 } } };
    const shown = (seen: typeof quiet) =>
      judgeAnalysis(seen, policy, last, guards).verdict.checks.find(
        ({ name }) => name === 'canary.nonInferior.burning',
      );
    expect(shown(quiet)).toMatchObject({ status: 'pass', message: '1000 requests rule out a fire (no smoke)' });
    expect(shown(failing)?.status).toBe('inconclusive');
  });
  test('is planned, with its proof, and printed', () => {
    const rows = planRelease(policy, traffic, { ratio: 3, repeats: 20 }, [burning]);
    expect(rows).toMatchObject([{ guard: 'burning', canFire: true, effect: { kind: 'ratio', value: 12 } }]);
    const promotion = planPromotion(policy, traffic, { repeats: 20 }, [burning]);
    expect(promotion?.metrics).toMatchObject([{ metric: 'burning', isAwaited: true, never: 'nothing proves it' }]);
    const sourced = declareTraffic(traffic, null);
    const nothing = { segments: [], segmentShares: {}, promotion };
    const printed = describePlan(
      { model: 'm', version: 1, policy, traffic: sourced, guards: rows, ...nothing },
      guards,
    );
    expect(printed).toMatch(/^fires +0\.01 +given$/m);
    expect(printed).toMatch(/^burning +0\.0\d+ +rate x \d.* rate x 12 /m);
    expect(printed).toMatch(/^burning: finds a rate 12 times the champion's after at most \d+ keys/m);
    expect(printed).toMatch(/^promotion: burning +0\.05 +< rate x 4 /m);
  });
  test('is tried on its incident, which it stops', () => {
    const tried: GuardDefinition = { ...burning, proof: undefined };
    const quick = policyOf({}, { analyzeEvery: '5m', steps: [0.5], stepDuration: '30m', bake: '20m', deadline: '6h' });
    const { incidents } = incidentsFor(quick, traffic, [tried]);
    const played = (name: string) =>
      runIncident(
        { policy: quick, traffic, repeats: 3, seed: 1 },
        incidents.findIndex((one) => one.name === name),
        [tried],
      );
    expect(played('errors x 12')).toMatchObject({ outcomes: { rolledBack: 3 }, stoppedBy: { burning: 3 } });
    expect(played('no difference').outcomes.passed).toBe(3);
    expect(incidentsFor(quick, { ...traffic, errorRate: 0 }, [tried]).leftOut).toContainEqual({
      incident: 'errors x 12',
      why: 'there is no fire',
    });
  });
  test('has its row in the docs', () => {
    expect(guardTable(guards).at(-1)).toBe('| `burning`, with `fire: true` | smoke | "there is no fire", a nose |');
  });
});
