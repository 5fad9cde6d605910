import { describe, expect, it } from 'vitest';
import { releasePolicySchema, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { ReleasePlan } from '../../contracts/release/release.ts';
import { createRandom } from '../../ml/random.ts';
import { incidentsFor } from '../../policy/release/backtest/incidents.ts';
import { type Incident } from '../../policy/release/backtest/incident.ts';
import { LabelStream } from '../../policy/release/backtest/label-stream.ts';
import { backtestPhases } from '../../policy/release/backtest/phases.ts';
import { playRelease } from '../../policy/release/backtest/play-release.ts';
import { falseAlarms, missed, runIncident, type IncidentResult } from '../../policy/release/backtest/run-backtest.ts';
import type { DeclaredTraffic } from '../../policy/release/plan/setting.ts';
import { phasesOf } from '../../workflows/release-phases.ts';
import { traffic as planned } from './declared-traffic.ts';
import { withKnownLabels } from './known-labels.ts';

const traffic: DeclaredTraffic = {
  ...planned,
  keysPerHour: 20_000,
  labelsPerHour: 10_000,
  labelDelayHours: 0.1,
  slowRate: 0.01,
  discordantShare: 0.04,
  disagreementShare: 0.04,
  wrongRate: 0.1,
};

const policyOf = (given: Record<string, unknown> = {}): ReleasePolicy =>
  releasePolicySchema.parse(
    withKnownLabels({ analyzeEvery: '1m', stepDuration: '15m', bake: '30m', deadline: '6h', ...given }),
  );

function named(policy: ReleasePolicy, name: string, of = traffic): { incident: Incident; place: number } {
  const { incidents } = incidentsFor(policy, of);
  const place = incidents.findIndex((one) => one.name === name);
  const incident = incidents[place];
  if (incident === undefined) throw new Error(`there is no incident "${name}"`);
  return { incident, place };
}

const played = (policy: ReleasePolicy, name: string, repeats = 20, of = traffic, seed = 1): IncidentResult =>
  runIncident({ policy, traffic: of, repeats, seed }, named(policy, name, of).place);

describe('phases of a backtest', () => {
  it.each([
    { mode: 'canary' },
    { mode: 'canary', steps: [0.1], holdback: 0 },
    { mode: 'canary', steps: { linear: { from: 0.1, to: 0.9, steps: 5 } }, holdback: 0.2 },
    { mode: 'shadow' },
    { mode: 'ab', ab: { share: 0.3 } },
    { mode: 'blueGreen', holdback: 0.1 },
  ])('are those that the workflow makes: %j', (given) => {
    const policy = policyOf(given);
    const { mode, holdback, steps, ab } = policy;
    const plan: Partial<ReleasePlan> = {
      champion: 1,
      mode,
      holdback,
      abShare: ab.share,
      steps: steps.map(({ share, pause }) => ({ share, pause })),
    };
    expect(backtestPhases(policy)).toEqual(
      phasesOf(plan as ReleasePlan).map(({ kind, step, share }) => ({ kind, step, share })),
    );
  });
});

describe('simulated incidents', () => {
  it('let a harmless candidate pass, and roll it back hardly more often than alpha says', () => {
    const policy = policyOf();
    for (const { name, kind } of incidentsFor(policy, traffic).incidents.filter((one) => one.kind === 'harmless')) {
      const result = played(policy, name, 24);
      // With a chance of .05 more than 4 of 24 come once in 200 times; the seed is fixed.
      expect(falseAlarms(result) * 24, `${name}, ${kind}`).toBeLessThanOrEqual(4);
      expect(result.outcomes.passed, name).toBeGreaterThanOrEqual(20);
      expect(result.delayHours, name).toBeNull();
      expect(result.passedHours?.median, name).toBeGreaterThan(10 / 60 + 3 * 0.25 + 0.5 - 1e-9);
    }
  });

  it('are all found by the default guards at this traffic, the greater harm sooner', () => {
    const policy = policyOf();
    const results = incidentsFor(policy, traffic)
      .incidents.filter(({ kind }) => kind === 'harmful')
      .map(({ name }) => played(policy, name));
    expect(results.map(({ incident }) => incident)).toEqual([
      'errors x 2',
      'errors x 5',
      'errors x 5 from step 2 on',
      'errors x 5 from the bake on',
      'latency x 1.5',
      'latency x 3',
      'accuracy -1 %',
      'accuracy -2 %',
      'accuracy -5 %',
      'rarer prediction x 3',
      'broken split, odds x 1.5',
    ]);
    for (const result of results) expect(missed(result), result.incident).toBe(0);
    const delay = (name: string): number =>
      results.find(({ incident }) => incident === name)?.delayHours?.median ?? NaN;
    expect(delay('errors x 5')).toBeLessThan(delay('errors x 2'));
    expect(delay('latency x 3')).toBeLessThanOrEqual(delay('latency x 1.5'));
    expect(delay('accuracy -5 %')).toBeLessThan(delay('accuracy -1 %'));
    // Nothing is known of accuracy before the first label.
    expect(delay('accuracy -5 %')).toBeGreaterThanOrEqual(traffic.labelDelayHours);
  });

  it('name the guard that stopped them', () => {
    const policy = policyOf();
    const by = (name: string): string[] => Object.keys(played(policy, name, 5).stoppedBy);
    expect(by('latency x 3')).toEqual(['mirroredSlow']);
    expect(by('accuracy -5 %')).toEqual(['accuracy']);
    expect(by('rarer prediction x 3')).toEqual(['positives']);
    expect(by('broken split, odds x 1.5')).toEqual(['sampleRatio']);
  });

  it('begin when they say: nothing is bad before the second step, or the bake', () => {
    const policy = policyOf();
    const second = named(policy, 'errors x 5 from step 2 on').incident;
    const baking = named(policy, 'errors x 5 from the bake on').incident;
    expect([second.from, baking.from]).toEqual([2, 4]);
    const play = playRelease(policy, second, traffic, createRandom(3));
    expect(play.hours - (play.delayHours ?? 0)).toBeCloseTo((10 + 15) / 60, 9);
    expect(play.bad).toBeGreaterThan(0);
    const late = playRelease(policy, baking, traffic, createRandom(3));
    expect(late.outcome).toBe('rolledBack');
    expect(late.hours - (late.delayHours ?? 0)).toBeGreaterThanOrEqual((10 + 3 * 15) / 60 - 1e-9);
  });

  it('are missed by a policy whose guards were turned off, or only warn', () => {
    const off = { weight: 0 };
    const blind = policyOf({ guards: { rules: { errors: off, mirroredErrors: off, bakeErrors: off } } });
    expect(missed(played(blind, 'errors x 5', 5))).toBe(1);
    expect(played(blind, 'errors x 5', 5).bad?.median).toBeGreaterThan(100);
    const warn = { action: 'warn' };
    const loud = policyOf({ guards: { rules: { errors: warn, mirroredErrors: warn, bakeErrors: warn } } });
    expect(missed(played(loud, 'errors x 5', 5))).toBe(1);
  });

  it('end in a pause where a guard asks for a person', () => {
    const policy = policyOf({ guards: { rules: { mirroredSlow: { action: 'pause' }, slow: { action: 'pause' } } } });
    expect(played(policy, 'latency x 3', 5).outcomes).toEqual({ passed: 0, held: 0, paused: 5, rolledBack: 0 });
  });

  it('hold a candidate to the deadline where no labels come, unless the policy goes on without', () => {
    const unlabelled = { ...traffic, labelsPerHour: 0 };
    const held = played(policyOf(), 'no difference', 3, unlabelled);
    expect(held.outcomes).toEqual({ passed: 0, held: 3, paused: 0, rolledBack: 0 });
    const goesOn = policyOf({ guards: { rules: { accuracy: { missing: 'pass' } } } });
    expect(played(goesOn, 'no difference', 3, unlabelled).outcomes.passed).toBe(3);
    expect(incidentsFor(policyOf(), unlabelled).leftOut).toEqual(
      ['accuracy -1 %', 'accuracy -2 %', 'accuracy -5 %'].map((incident) => ({
        incident,
        why: 'no labels come at this traffic',
      })),
    );
  });

  it('wait for labels to be as old as the policy says', () => {
    const soon = played(policyOf(), 'no difference', 3).passedHours?.median ?? NaN;
    const late = played(policyOf({ labels: { maturity: '3h' } }), 'no difference', 3).passedHours?.median ?? NaN;
    expect(soon).toBeLessThan(2);
    expect(late).toBeGreaterThan(3);
  });

  it('leave out what a mode cannot have', () => {
    const leftOut = (given: Record<string, unknown>): string[] =>
      incidentsFor(policyOf(given), traffic).leftOut.map(({ incident, why }) => `${incident}: ${why}`);
    expect(leftOut({ mode: 'shadow' })).toEqual([
      'errors x 5 from step 2 on: the mode has no second step',
      'errors x 5 from the bake on: the mode has no bake',
      'broken split, odds x 1.5: the mode splits no traffic',
    ]);
    expect(leftOut({ mode: 'canary' })).toEqual([]);
    expect(incidentsFor(policyOf(), { ...traffic, errorRate: 0, slowRate: 0, positiveRate: 1 }).leftOut).toHaveLength(
      7,
    );
  });

  it('tell nothing of groups and scores, and say so; pairs are compared', () => {
    const limits = { fairness: { maxGroupLoss: 0.1, promote: true }, maxScoreShift: 0.1 };
    const policy = policyOf({ guards: limits });
    expect(incidentsFor(policy, traffic).leftOut.map(({ why }) => why)).toEqual([
      'no groups are simulated',
      'no scores are simulated',
    ]);
    expect(played(policy, 'no difference', 5).outcomes.passed).toBeGreaterThanOrEqual(4);
    const pairs = policyOf({ guards: { minAgreement: 0.99 } });
    expect(Object.keys(played(pairs, 'no difference', 5).stoppedBy)).toEqual(['agreement']);
  });

  it('are the same for the same seed, and others for another', () => {
    const policy = policyOf();
    expect(played(policy, 'errors x 2', 5)).toEqual(played(policy, 'errors x 2', 5));
    expect(played(policy, 'errors x 2', 5, traffic, 2)).not.toEqual(played(policy, 'errors x 2', 5));
  });

  it('compare with the past where nothing is held back and a rule asks for it', () => {
    const { outcomes, stoppedBy } = played(
      policyOf({ holdback: 0, shadow: { sample: 0 }, minLabels: 0, guards: { rules: { bakeErrors: {} } } }),
      'errors x 5 from the bake on',
      5,
    );
    expect(outcomes.rolledBack).toBe(5);
    expect(Object.keys(stoppedBy)).toContain('bakeErrors');
  });

  it('leave the evidence of the warm-up out, and only that', () => {
    const cold = policyOf({ warmUp: '15m', shadow: { sample: 0 }, minLabels: 0 });
    const { incident } = named(cold, 'errors x 5');
    const play = playRelease(cold, incident, traffic, createRandom(1));
    expect(play.outcome).toBe('rolledBack');
    expect(play.hours).toBeGreaterThan(0.25);
    expect(play.bad).toBeGreaterThan(traffic.keysPerHour * 0.25 * 0.05 * 0.05 * 0.7);
  });
});

describe('labels of mirrored keys', () => {
  it('come after their delay, and are mature at their age, whichever is later', () => {
    for (const [delayMs, maturityMs] of [
      [30, 100],
      [100, 30],
      [50, 50],
    ] as const) {
      const stream = new LabelStream({ labelled: 1, delayMs, maturityMs }, createRandom(1));
      for (let at = 0; at < 200; at += 10) {
        stream.add(at, 7, 0.5, 0.25);
        const old = (age: number): number => 7 * Math.max(0, Math.ceil((at - age) / 10));
        const { paired, mature } = stream.seen(at);
        expect([paired.labels, paired.labels + paired.missing]).toEqual([old(delayMs), 7 * (at / 10 + 1)]);
        expect([mature.labels, mature.labels + mature.missing]).toEqual([
          old(Math.max(delayMs, maturityMs)),
          old(maturityMs),
        ]);
        expect(paired.championRight - paired.canaryRight).toBe(paired.worse - paired.better);
        expect(paired.worse + paired.better).toBeLessThanOrEqual(paired.labels);
      }
    }
  });
});
