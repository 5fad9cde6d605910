import { describe, expect, it } from 'vitest';
import { releasePolicySchema, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { createRandom } from '../../ml/random.ts';
import { incidentsFor } from '../../policy/release/backtest/incidents.ts';
import { LiveLabelStream } from '../../policy/release/backtest/live-label-stream.ts';
import { falseAlarms, missed, runIncident, type IncidentResult } from '../../policy/release/backtest/run-backtest.ts';
import type { DeclaredTraffic } from '../../policy/release/plan/setting.ts';
import { knownLabels } from './known-labels.ts';
import { traffic as planned } from './declared-traffic.ts';

const traffic: DeclaredTraffic = {
  ...planned,
  labelsPerHour: 18_000,
  labelDelayHours: 0.1,
  discordantShare: 0.04,
  disagreementShare: 0.04,
};
const policyOf = (guards: object, more: object = {}): ReleasePolicy =>
  releasePolicySchema.parse({
    analyzeEvery: '1m',
    steps: [0.25, 0.5],
    stepDuration: '15m',
    bake: '30m',
    deadline: '6h',
    guards,
    labels: knownLabels,
    ...more,
  });
const bySegment = { column: 'country', values: { DE: 2, FR: 1 }, minRequests: 50 };
const scoreBand = { from: 0.4, to: 0.5, ratio: 1.5 };
const everything = { bySegment, scoreBand, outOfRangeRatio: 2, liveAccuracyLoss: 0.01 };

function played(policy: ReleasePolicy, name: string, repeats = 12, of = traffic): IncidentResult {
  const place = incidentsFor(policy, of).incidents.findIndex((one) => one.name === name);
  return runIncident({ policy, traffic: of, repeats, seed: 1 }, place);
}

describe('incidents of guards that a policy asks for', () => {
  it('are played, each found by the guard that it is for', () => {
    const policy = policyOf(everything);
    const { incidents, leftOut } = incidentsFor(policy, traffic);
    expect(leftOut).toEqual([]);
    expect(incidents.slice(-3).map(({ name }) => name)).toEqual([
      'errors x 5 where country=DE',
      'probabilities in the band x 3',
      'no probability in 2 % of the answers',
    ]);
    const band = played(policy, 'probabilities in the band x 3');
    expect([missed(band), Object.keys(band.stoppedBy)]).toEqual([0, ['scoreBand']]);
    const absent = played(policy, 'no probability in 2 % of the answers');
    expect([missed(absent), Object.keys(absent.stoppedBy)]).toEqual([0, ['outOfRange']]);
    expect(absent.bad?.median).toBeGreaterThan(0);
  });

  it('are harm in one segment, which is named, where all of the traffic shows little of it', () => {
    const off = { weight: 0 };
    const policy = policyOf({ bySegment: { ...bySegment, all: 0 }, rules: { mirroredErrors: off, bakeErrors: off } });
    const found = played(policy, 'errors x 5 where country=DE');
    expect([missed(found), Object.keys(found.stoppedBy)]).toEqual([0, ['errors[country=DE]']]);
  });

  it('are a loss of accuracy that only labels of live requests show, where nothing is mirrored', () => {
    const alone = { shadow: { sample: 0 }, minLabels: 0, stepDuration: '1h' };
    const policy = policyOf({ liveAccuracyLoss: 0.01 }, alone);
    const found = played(policy, 'accuracy -5 %');
    expect([missed(found), Object.keys(found.stoppedBy)]).toEqual([0, ['liveAccuracy']]);
    expect(missed(played(policyOf({}, alone), 'accuracy -5 %', 3))).toBe(1);
  });

  it('raise no more false alarms than alpha says', () => {
    const policy = policyOf(everything);
    for (const name of ['no difference', 'shared outage, errors x 20 for 10 min', 'bursts of 5 errors a key']) {
      const result = played(policy, name, 24);
      // With a chance of .05 more than 4 of 24 come once in 200 times; the seed is fixed.
      expect(falseAlarms(result) * 24, name).toBeLessThanOrEqual(4);
      expect(result.outcomes.passed, name).toBeGreaterThanOrEqual(20);
    }
  });

  it('hold where a segment is too rare, and proofs from live labels where none come', () => {
    const held = { passed: 0, held: 3, paused: 0, rolledBack: 0 };
    const rare = policyOf({ bySegment: { ...bySegment, minRequests: 10_000_000 } }, { deadline: '2h' });
    expect(played(rare, 'no difference', 3).outcomes).toEqual(held);
    const proven = { promotion: { metrics: { accuracy: null, liveAccuracy: { margin: 0.03 } } }, deadline: '2h' };
    expect(played(policyOf({}, proven), 'no difference', 3).outcomes.passed).toBe(3);
    const unlabelled = { ...traffic, labelsPerHour: 0 };
    expect(played(policyOf({}, proven), 'no difference', 3, unlabelled).outcomes).toEqual(held);
  });

  it('are left out where the mode or the traffic cannot have them', () => {
    const shadow = incidentsFor(policyOf(everything, { mode: 'shadow' }), traffic).leftOut.map(({ incident, why }) => [
      incident,
      why,
    ]);
    expect(shadow.slice(-3)).toEqual([
      ['errors x 5 where country=DE', 'the mode splits no traffic'],
      ['probabilities in the band x 3', 'the mode splits no traffic'],
      ['no probability in 2 % of the answers', 'the mode splits no traffic'],
    ]);
    const wide = policyOf({ scoreBand: { from: 0, to: 1, ratio: 1.5 } });
    expect(incidentsFor(wide, traffic).leftOut.map(({ why }) => why)).toEqual([
      'no, or nearly all, probabilities are in the band',
    ]);
  });
});

it('labels of live keys come after their delay, and are mature at their age, by share and arm', () => {
  const stream = new LiveLabelStream({ labelled: 0.5, delayMs: 30, maturityMs: 100 }, createRandom(1));
  stream.add(5, 0, 'champion', 9, 0.5);
  stream.add(10, 0.25, 'canary', 1000, 0.9);
  stream.add(20, 0.25, 'champion', 3000, 0.5);
  const canary = { share: 0.25, arm: 'canary' };
  expect(stream.seen(40)).toEqual({
    all: [
      { ...canary, right: 0, wrong: 0, missing: 1000 },
      { share: 0.25, arm: 'champion', right: 0, wrong: 0, missing: 3000 },
    ],
    mature: [],
  });
  const [first, second] = stream.seen(41).all;
  expect([first?.missing, second?.missing]).not.toContain(1000);
  expect((first?.right ?? 0) + (first?.wrong ?? 0) + (first?.missing ?? 0)).toBe(1000);
  expect((first?.right ?? 0) / ((first?.right ?? 0) + (first?.wrong ?? 0))).toBeCloseTo(0.9, 1);
  expect(second).toMatchObject({ right: 0, wrong: 0, missing: 3000 });
  expect(stream.seen(111).mature).toEqual([first]);
  expect(stream.seen(500).mature).toEqual(stream.seen(500).all);
});
