import { arms } from '../../../contracts/release/arm.ts';
import { expect, test } from 'vitest';
import { createRandom } from '../../../ml/random.ts';
import type { Random } from '../../../ml/random.ts';
import { sharesOf, simulateRelease } from '../../../ml/simulation/traffic.ts';
import type { SimulatedTraffic } from '../../../ml/simulation/traffic.ts';
import { poisson } from '../../../ml/statistics/poisson.ts';

const keys = { kind: 'returning', population: 300, requestsPerMinute: 0.4, alwaysShare: 0.05 } as const;
const flat: SimulatedTraffic = {
  minutes: 12,
  keys,
  steps: [{ share: 0.2, minutes: 12 }],
  baseRate: 0.05,
  ratio: 2,
  noise: { kind: 'flat' },
};
const ramp: SimulatedTraffic = {
  ...flat,
  steps: [
    { share: 0.1, minutes: 4 },
    { share: 0.5, minutes: 4 },
    { share: 0.3, minutes: 4 },
  ],
};
const columns = ['requests', 'events', 'firstEvents'] as const;

/** Counts by arm, column and quarter of the release. */
type Counts = number[];
const quarters = 4;
const noCounts = (): Counts => Array.from({ length: 2 * columns.length * quarters }, () => 0);
const cellOf = (arm: number, column: number, minute: number, minutes: number): number =>
  (arm * columns.length + column) * quarters + Math.floor((minute * quarters) / minutes);

/** Every key and every request by itself: a key has a hash, and is the canary's while the hash is below the share. */
function bruteForce({ minutes, steps, baseRate, ratio }: SimulatedTraffic, random: Random): Counts {
  const counts = noCounts();
  const shares = sharesOf(steps, minutes);
  const add = (arm: number, column: number, minute: number): void => {
    const cell = cellOf(arm, column, minute, minutes);
    counts[cell] = (counts[cell] ?? 0) + 1;
  };
  for (let key = 0; key < keys.population; key++) {
    const [hash, always] = [random.next(), random.next() < keys.alwaysShare];
    let failedBefore = false;
    for (let minute = 0; minute < minutes; minute++) {
      const arm = hash < (shares[minute] ?? 0) ? 1 : 0;
      const requests = poisson(random, keys.requestsPerMinute);
      for (let request = 0; request < requests; request++) {
        add(arm, 0, minute);
        if (!always && random.next() >= baseRate * (arm === 1 ? ratio : 1)) continue;
        add(arm, 1, minute);
        if (!failedBefore) add(arm, 2, minute);
        failedBefore = true;
      }
    }
  }
  return counts;
}

function drawn(traffic: SimulatedTraffic, random: Random): Counts {
  const counts = noCounts();
  const history = simulateRelease(traffic, random);
  for (const [arm, name] of arms.entries()) {
    for (const [column, of] of columns.entries()) {
      for (let minute = 0; minute < traffic.minutes; minute++) {
        const cell = cellOf(arm, column, minute, traffic.minutes);
        counts[cell] = (counts[cell] ?? 0) + (history[name][of][minute] ?? 0);
      }
    }
  }
  return counts;
}

const moments = (samples: readonly Counts[], cell: number): { mean: number; variance: number } => {
  const values = samples.map((counts) => counts[cell] ?? 0);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
};

test.each([
  ['at one share', flat],
  ['while keys move from arm to arm', ramp],
])('requests, events and first events are those of a simulation of every key, %s', (_, traffic) => {
  const releases = 500;
  const brute = Array.from({ length: releases }, (_, release) => bruteForce(traffic, createRandom(release, 1)));
  const fast = Array.from({ length: releases }, (_, release) => drawn(traffic, createRandom(release, 2)));
  for (let cell = 0; cell < 2 * columns.length * quarters; cell++) {
    const [a, b] = [moments(brute, cell), moments(fast, cell)];
    expect(Math.abs(a.mean - b.mean)).toBeLessThan(4 * Math.sqrt((a.variance + b.variance) / releases));
    expect(Math.abs(Math.log(a.variance / b.variance))).toBeLessThan(0.5);
  }
});
