import { arms, type Arm } from '../../../contracts/release/arm.ts';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../ml/random.ts';
import type { ReleaseHistory } from '../../../ml/simulation/history.ts';
import { slowRatio } from '../../../ml/simulation/latency.ts';
import { drawNoise } from '../../../ml/simulation/noise.ts';
import { sharesOf, simulateRelease } from '../../../ml/simulation/traffic.ts';
import type { SimulatedTraffic } from '../../../ml/simulation/traffic.ts';

const traffic: SimulatedTraffic = {
  minutes: 60,
  keys: { kind: 'fresh', perMinute: 600, burst: 1 },
  steps: [{ share: 0.1, minutes: 60 }],
  baseRate: 0.01,
  ratio: 2,
  noise: { kind: 'flat' },
};

type Column = 'requests' | 'events' | 'firstEvents';
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

function totals(world: SimulatedTraffic, releases: number, of: Column, arm: Arm): number {
  let total = 0;
  for (let release = 0; release < releases; release++) {
    total += sum(simulateRelease(world, createRandom(release))[arm][of]);
  }
  return total;
}

/** Within four standard deviations of a Poisson count, or of `spread` times as much. */
const near = (found: number, expected: number, spread = 1): void =>
  expect(Math.abs(found - expected)).toBeLessThan(4 * spread * Math.sqrt(expected));

describe('counts of keys that come once', () => {
  const releases = 200;
  const keys = 600 * 60 * releases;
  test('requests fall on the arms by the share in force, and events by the rate and the ratio', () => {
    near(totals(traffic, releases, 'requests', 'canary'), keys * 0.1);
    near(totals(traffic, releases, 'requests', 'champion'), keys * 0.9);
    near(totals(traffic, releases, 'events', 'canary'), keys * 0.1 * 0.02);
    near(totals(traffic, releases, 'events', 'champion'), keys * 0.9 * 0.01);
  });
  test('a burst makes more requests with the event, and no more keys', () => {
    const bursts: SimulatedTraffic = { ...traffic, keys: { kind: 'fresh', perMinute: 600, burst: 5 } };
    const history = simulateRelease(bursts, createRandom(1));
    for (const arm of arms) {
      expect([...history[arm].events]).toEqual([...history[arm].firstEvents].map((first) => 5 * first));
    }
    near(totals(bursts, releases, 'firstEvents', 'champion'), keys * 0.9 * 0.01);
  });
  test('a ramp sends each step its share', () => {
    const steps = [
      { share: 0.01, minutes: 20 },
      { share: 0.5, minutes: 40 },
    ];
    near(totals({ ...traffic, steps }, releases, 'requests', 'canary'), releases * 600 * (20 * 0.01 + 40 * 0.5));
    expect([...sharesOf(steps, 22)].slice(18)).toEqual([0.01, 0.01, 0.5, 0.5]);
    expect(() => sharesOf([], 5)).toThrow(RangeError);
  });
  test.each([
    { kind: 'dailyWave', rateSwing: 0.5, trafficSwing: 0.3 },
    { kind: 'autocorrelated', correlation: 0.8, deviation: 0.5, own: false },
    { kind: 'autocorrelated', correlation: 0.5, deviation: 0.5, own: true },
  ] as const)('noise of kind $kind leaves the mean number of events of the champion as it is', (noise) => {
    const many = 400;
    const minutes = noise.kind === 'dailyWave' ? 1440 : 60;
    const covariance = noise.kind === 'dailyWave' ? 1 + (noise.rateSwing * noise.trafficSwing) / 2 : 1;
    const expected = 600 * minutes * many * 0.9 * 0.01 * covariance;
    near(
      totals({ ...traffic, minutes, noise }, many, 'events', 'champion'),
      expected,
      noise.kind === 'dailyWave' ? 1 : 8,
    );
  });
});

test('equal seeds give equal releases, others do not', () => {
  const play = (seed: number): ReleaseHistory => simulateRelease(traffic, createRandom(seed));
  expect(play(5)).toEqual(play(5));
  expect(play(5)).not.toEqual(play(6));
});

describe('noise', () => {
  const minutes = 4000;
  const logs = (values: Float64Array): Float64Array => values.map((value) => Math.log(value) + 0.125);
  const correlationOf = (a: Float64Array, b: Float64Array): number => {
    const [meanA, meanB] = [sum(a) / a.length, sum(b) / b.length];
    const moment = (f: (at: number) => number): number => a.reduce((total, _, at) => total + f(at), 0);
    const [da, db] = [(at: number) => (a[at] ?? 0) - meanA, (at: number) => (b[at] ?? 0) - meanB];
    return moment((at) => da(at) * db(at)) / Math.sqrt(moment((at) => da(at) ** 2) * moment((at) => db(at) ** 2));
  };
  test.each([0, 0.5, 0.8])('neighbouring minutes have the correlation %d that was asked for', (correlation) => {
    const { champion } = drawNoise(
      { kind: 'autocorrelated', correlation, deviation: 0.5, own: false },
      minutes,
      createRandom(3),
    );
    const log = logs(champion);
    expect(correlationOf(log.subarray(1), log.subarray(0, -1))).toBeCloseTo(correlation, 1);
    expect(Math.sqrt(sum(log.map((z) => z * z)) / minutes)).toBeCloseTo(0.5, 1);
  });
  test('is the same on both arms, unless it is their own', () => {
    const shared = drawNoise(
      { kind: 'autocorrelated', correlation: 0.5, deviation: 0.5, own: false },
      minutes,
      createRandom(4),
    );
    expect(shared.canary).toEqual(shared.champion);
    const own = drawNoise(
      { kind: 'autocorrelated', correlation: 0, deviation: 0.5, own: true },
      minutes,
      createRandom(4),
    );
    expect(Math.abs(correlationOf(logs(own.champion), logs(own.canary)))).toBeLessThan(4 / Math.sqrt(minutes));
  });
  test('an outage lasts as long as it was said, on both arms', () => {
    const { champion, canary } = drawNoise({ kind: 'outage', minutes: 10, factor: 20 }, 120, createRandom(5));
    expect(champion.filter((factor) => factor === 20)).toHaveLength(10);
    expect(canary).toEqual(champion);
  });
});

test('twice as long latencies pass the p99 of log-normal ones as often as drawn ones do', () => {
  const random = createRandom(6);
  const latencies = Float64Array.from({ length: 200_000 }, () => Math.exp(0.5 * random.normal())).sort();
  const threshold = latencies[Math.floor(0.99 * latencies.length)] ?? 0;
  const slow = latencies.filter((latency) => 1.5 * latency > threshold).length / latencies.length;
  expect(slowRatio(1.5, 0.5) / (slow / 0.01)).toBeCloseTo(1, 1);
  expect(slowRatio(1, 0.5)).toBeCloseTo(1, 9);
});
