import { describe, expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { incidentsFor } from '../../policy/release/backtest/incidents.ts';
import { playRelease, type Play } from '../../policy/release/backtest/play-release.ts';
import {
  falseAlarms,
  missed,
  runIncident,
  type IncidentResult,
  type Quantiles,
} from '../../policy/release/backtest/run-backtest.ts';
import { traffic as planned } from './declared-traffic.ts';
import { policyOf } from './groups.ts';

const traffic = { ...planned, keysPerHour: 3_000, slowRate: 0.01, labelDelayHours: 0.1 };
const policy = policyOf(
  { rules: { positives: { action: 'pause' } } },
  {
    analyzeEvery: '5m',
    steps: [0.5],
    stepDuration: '15m',
    bake: '20m',
    deadline: '40m',
    minLabels: 100,
    promotion: { metrics: { accuracy: { margin: 0.02 } } },
  },
);
const { incidents } = incidentsFor(policy, traffic);
const placeOf = (name: string): number => incidents.findIndex((one) => one.name === name);
const run = (name: string, repeats: number): IncidentResult =>
  runIncident({ policy, traffic, repeats, seed: 7 }, placeOf(name));
/** The releases of an incident, each with its own stream of chance. */
const plays = (name: string, repeats: number): Play[] =>
  Array.from({ length: repeats }, (_, repeat) =>
    playRelease(policy, incidents[placeOf(name)]!, traffic, createRandom(7, 65_536 * placeOf(name) + repeat)),
  );

/** The least value that this share of the values does not exceed. */
function quantiles(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null;
  const at = (percent: number): number =>
    Math.min(...values.filter((value) => 100 * values.filter((one) => one <= value).length >= percent * values.length));
  return { p05: at(5), p25: at(25), median: at(50), p75: at(75), p95: at(95) };
}

describe.each([
  ['no difference', ['passed', 'held']],
  ['errors x 2', ['passed', 'held', 'rolledBack']],
  ['errors x 5', ['rolledBack']],
  ['errors x 5 from the bake on', ['passed', 'held', 'rolledBack']],
  ['rarer prediction x 3', ['paused']],
])('releases of %s', (name, known) => {
  test('are counted by what became of them, and measured as they were played', () => {
    const repeats = 11;
    const all = plays(name, repeats);
    const of = (...outcomes: Play['outcome'][]): Play[] => all.filter(({ outcome }) => outcomes.includes(outcome));
    const stopped = of('paused', 'rolledBack');
    const [guards, found] = [stopped.flatMap(({ by }) => by), run(name, repeats)];
    expect(found).toEqual({
      incident: name,
      kind: incidents[placeOf(name)]?.kind,
      repeats,
      outcomes: {
        passed: of('passed').length,
        held: of('held').length,
        paused: of('paused').length,
        rolledBack: of('rolledBack').length,
      },
      stoppedBy: Object.fromEntries(guards.map((by) => [by, guards.filter((one) => one === by).length])),
      delayHours: quantiles(stopped.map(({ delayHours }) => delayHours!)),
      bad: quantiles(all.filter(({ delayHours }) => delayHours !== null).map(({ bad }) => bad)),
      passedHours: quantiles(of('passed').map(({ hours }) => hours)),
    });
    expect(Object.entries(found.outcomes).flatMap(([outcome, count]) => (count > 0 ? outcome : []))).toEqual(known);
    expect(falseAlarms(found)).toBe(stopped.length / repeats);
    expect(missed(found)).toBe(of('passed').length / repeats);
  });
});

test('the quantiles of one release are its own values', () => {
  const [play] = plays('errors x 5', 1);
  const [hours, bad] = [play!.delayHours!, play!.bad];
  expect(run('errors x 5', 1)).toMatchObject({
    delayHours: { p05: hours, p25: hours, median: hours, p75: hours, p95: hours },
    bad: { p05: bad, p25: bad, median: bad, p75: bad, p95: bad },
  });
});

test('those that are stopped by either, over all that were played, are false alarms', () => {
  const result = { ...run('no difference', 1), repeats: 8, outcomes: { passed: 2, held: 1, paused: 2, rolledBack: 3 } };
  expect([falseAlarms(result), missed(result)]).toEqual([5 / 8, 2 / 8]);
});

test.each([-1, incidents.length, 0.5])('there is no incident %d', (place) => {
  expect(() => runIncident({ policy, traffic, repeats: 1, seed: 7 }, place)).toThrow(RangeError);
});
