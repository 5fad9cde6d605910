import { describe, expect, test } from 'vitest';
import { eventRateDecider } from '../../bench/release/deciders/event-rate.ts';
import { flaggerDecider } from '../../bench/release/deciders/flagger.ts';
import { groupSequentialDecider } from '../../bench/release/deciders/group-sequential.ts';
import { kayentaDecider } from '../../bench/release/deciders/kayenta.ts';
import { pairedDecider } from '../../bench/release/deciders/paired.ts';
import { openLooks } from '../../bench/release/deciders/decider.ts';
import type { Decider } from '../../bench/release/deciders/decider.ts';
import { measure, nominalLimits, tunedLimits } from '../../bench/release/measure.ts';
import { trafficSettings } from '../../bench/release/settings.ts';
import { eventRateEvidence } from '../../ml/sequential/event-rate.ts';
import { pairedLossEvidence } from '../../ml/sequential/paired.ts';
import { emptyArm } from '../../ml/simulation/history.ts';
import type { ReleaseHistory } from '../../ml/simulation/history.ts';
import { simulateRelease } from '../../ml/simulation/traffic.ts';
import { atMost } from '../support/watch.ts';

const declared = { alpha: 0.05, guardAlpha: 0.005, splitAlpha: 0.0024, baseRate: 0.01, minutes: 60 };

/** A release of 100 requests a minute and arm, with so many events in each minute. */
function release(champion: (minute: number) => number, canary: (minute: number) => number): ReleaseHistory {
  const minutes = declared.minutes;
  const arm = (events: (minute: number) => number) => {
    const empty = emptyArm(minutes);
    empty.requests.fill(100);
    for (let minute = 0; minute < minutes; minute++) empty.events[minute] = empty.firstEvents[minute] = events(minute);
    return empty;
  };
  return { minutes, share: new Float64Array(minutes).fill(0.5), champion: arm(champion), canary: arm(canary) };
}

/** The minute, from 1, of the rollback against the decider's first limit. */
function rollbackOf<History extends { readonly minutes: number }>(
  decider: Decider<History>,
  history: History,
): number | null {
  const analysis = openLooks(decider, decider.limits[0]?.limit ?? Infinity);
  for (let minute = 0; minute < history.minutes; minute++)
    if (analysis(history, minute) === 'rollback') return minute + 1;
  return null;
}

describe('the methods that are compared', () => {
  test('Flagger rolls back at the tenth minute above the limit, wherever the others are', () => {
    const everyThird = release(
      () => 1,
      (minute) => (minute % 3 === 0 ? 3 : 2),
    );
    expect(rollbackOf(flaggerDecider(declared), everyThird)).toBe(28);
    expect(
      rollbackOf(
        flaggerDecider(declared),
        release(
          () => 1,
          () => 2,
        ),
      ),
    ).toBeNull();
  });
  test('Kayenta judges every fifth minute, on the rise of the canary only', () => {
    const wide = (from: number) => (minute: number) => from + (minute % 7);
    expect(rollbackOf(kayentaDecider(), release(wide(1), wide(20)))).toBe(5);
    expect(rollbackOf(kayentaDecider(), release(wide(20), wide(1)))).toBeNull();
    expect(rollbackOf(kayentaDecider(), release(wide(3), wide(3)))).toBeNull();
  });
  test("O'Brien-Fleming decides at declared looks only, and not early on little", () => {
    const decider = groupSequentialDecider(declared);
    const twice = release(
      () => 2,
      () => 4,
    );
    const at = rollbackOf(decider, twice) ?? Number.NaN;
    expect(at % 5).toBe(0);
    expect(at).toBeGreaterThan(15);
    expect(at).toBeLessThan(60);
  });
  test('ours is the e-process of first events, by the share that was in force', () => {
    const history = release(
      () => 2,
      (minute) => (minute < 30 ? 3 : 4),
    );
    history.share.fill(0.3, 0, 30);
    const evidence = eventRateDecider(declared).open();
    let last = 0;
    for (let minute = 0; minute < 60; minute++) last = evidence(history, minute);
    const strata = [
      { share: 0.3, champion: 60, canary: 90 },
      { share: 0.5, champion: 60, canary: 120 },
    ];
    expect(last / eventRateEvidence(strata, 1)).toBeCloseTo(1, 9);
    const labels = {
      minutes: 2,
      labels: Float64Array.of(50, 60),
      worse: Float64Array.of(5, 6),
      better: Float64Array.of(1, 0),
    };
    const paired = pairedDecider(declared).open();
    expect([paired(labels, 0), paired(labels, 1)]).toEqual([
      pairedLossEvidence({ labels: 50, worse: 5, better: 1 }, 0),
      pairedLossEvidence({ labels: 110, worse: 11, better: 1 }, 0),
    ]);
  });
});

describe('the measure of the bench', () => {
  const counting: Decider<{ minutes: number; step: number }> = {
    name: 'steps',
    limits: [{ name: '', limit: 6 }],
    open: () => (history, minute) => history.step * (minute + 1),
  };
  const draw = {
    draw: (random: { integer(n: number): number }) => ({ minutes: 10, step: random.integer(4) }),
    cost: () => 2,
  };
  test('says when the limit was passed, how often, and what it cost until then', () => {
    const { results, highest } = measure(draw, [counting], nominalLimits([counting]), {
      repeats: 400,
      seed: 1,
      whole: true,
    });
    const steps = [...(highest[0] ?? [])].map((most) => most / 10);
    const delays = steps.map((step) => (step === 0 ? Infinity : Math.ceil(6 / step))).toSorted((a, b) => a - b);
    expect(results[0]?.alarms).toBe(delays.filter((delay) => delay < Infinity).length / 400);
    expect(results[0]?.medianDelay).toBe(delays[200]);
    expect(results[0]?.p95Delay).toBeNull();
    const costs = delays.reduce((sum, delay) => sum + 2 * Math.min(10, delay), 0);
    expect(results[0]?.meanCost).toBeCloseTo(costs / 400, 9);
  });
  test('tunes each limit so that at most alpha of the harmless releases pass it, and no lower one does', () => {
    const values = Float64Array.from({ length: 200 }, (_, at) => Math.floor(at / 2));
    const [tuned] = tunedLimits([counting], [values], 0.05);
    const past = (limit: number): number => values.filter((value) => value >= limit).length / 200;
    expect(past(tuned?.limit ?? 0)).toBeLessThanOrEqual(0.05);
    expect(past((tuned?.limit ?? 0) - 1)).toBeGreaterThan(0.05);
  });
});

const repeats = 600;
const harmless = [
  '600 a minute, share 10 %, base 1 %',
  '600 a minute, ramp 1 to 50 %',
  '600 a minute, shared outage',
  '600 a minute, shared noise, correlation 0.8',
  '600 a minute, bursts of 5',
  '600 a minute, sticky keys that always fail',
];
test.each(harmless)('a harmless candidate is rolled back at most so often as alpha says: %s', (name) => {
  const setting = trafficSettings.find((each) => each.name === name);
  if (setting === undefined) throw new Error(`no setting ${name}`);
  const decider = eventRateDecider(declared);
  const { results } = measure(
    { draw: (random) => simulateRelease(setting.world, random), cost: () => 0 },
    [decider],
    nominalLimits([decider]),
    { repeats, seed: 77, whole: false },
  );
  const [one, set] = results;
  expect(one?.alarms).toBeLessThanOrEqual(atMost(0.05, repeats));
  expect(set?.alarms).toBeLessThanOrEqual(atMost(0.005, repeats));
});

test('a rate twice as high is found in every release', () => {
  const setting = trafficSettings.find(({ name }) => name === harmless[0]);
  const world = setting?.effects.find(({ name }) => name === 'ratio 2')?.world;
  if (world === undefined) throw new Error('no such effect');
  const decider = eventRateDecider(declared);
  const { results } = measure(
    { draw: (random) => simulateRelease(world, random), cost: ({ canary }, minute) => canary.events[minute] ?? 0 },
    [decider],
    nominalLimits([decider]),
    { repeats: 200, seed: 78, whole: false },
  );
  for (const result of results) expect(result.alarms).toBe(1);
  expect(results[0]?.medianDelay).toBeLessThan(results[1]?.medianDelay ?? 0);
});
