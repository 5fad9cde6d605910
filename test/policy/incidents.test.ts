import { expect, test } from 'vitest';
import { incidentsFor } from '../../policy/release/backtest/incidents.ts';
import { type Harm, type Incident } from '../../policy/release/backtest/incident.ts';
import type { DeclaredTraffic } from '../../policy/release/plan/setting.ts';
import { traffic as planned } from './declared-traffic.ts';
import { policyOf } from './groups.ts';

const asked = {
  bySegment: { column: 'country', values: { DE: 2, FR: 1 } },
  scoreBand: { from: 0.4, to: 0.5, ratio: 1.5 },
  outOfRangeRatio: 2,
};
const traffic: DeclaredTraffic = { ...planned, slowRate: 0.01 };
const made = (of: Partial<DeclaredTraffic> = {}, guards: object = asked, more: object = {}) =>
  incidentsFor(policyOf(guards, { steps: [0.1, 0.5], ...more }), { ...traffic, ...of });
const { incidents, leftOut } = made();
const named = (name: string, found: readonly Incident[] = incidents): Incident | undefined =>
  found.find((one) => one.name === name);

const flat = { kind: 'flat' };
test.each<[string, Incident['kind'], object, number]>([
  ['no difference', 'harmless', flat, 1],
  ['daily wave', 'harmless', { kind: 'dailyWave', rateSwing: 0.5, trafficSwing: 0.5 }, 1],
  ['shared outage, errors x 20 for 10 min', 'harmless', { kind: 'outage', minutes: 10, factor: 20 }, 1],
  ['bursts of 5 errors a key', 'harmless', flat, 5],
  [
    "noise of one arm's machines",
    'unclear',
    { kind: 'autocorrelated', correlation: 0.8, deviation: 0.5, own: true },
    1,
  ],
])('%s is %s: noise and no harm, from the first phase on', (name, kind, noise, burst) => {
  expect(named(name)).toEqual({ name, kind, noise, burst, harm: {}, from: 0 });
});

// Ratios of slow answers by Python: NormalDist().cdf(log(factor) / .5 - NormalDist().inv_cdf(.99)) / .01.
test.each<[string, Harm, number]>([
  ['errors x 2', { errorRatio: 2 }, 0],
  ['errors x 5', { errorRatio: 5 }, 0],
  ['errors x 5 from step 2 on', { errorRatio: 5 }, 2],
  ['errors x 5 from the bake on', { errorRatio: 5 }, 3],
  ['latency x 1.5', { slowRatio: 6.483333422559056 }, 0],
  ['latency x 3', { slowRatio: 44.863004410708605 }, 0],
  ['accuracy -1 %', { drop: 0.01 }, 0],
  ['accuracy -2 %', { drop: 0.02 }, 0],
  ['accuracy -5 %', { drop: 0.05 }, 0],
  ['rarer prediction x 3', { positiveRate: 0.9 }, 0],
  ['broken split, odds x 1.5', { odds: 1.5 }, 0],
  // A third of the keys are in each of the two segments, and in none.
  ['errors x 5 where country=DE', { errorRatio: 1 + 4 / 3, segmentErrorRatio: 5 }, 0],
  ['probabilities in the band x 3', { bandRate: 0.3 }, 0],
  ['no probability in 2 % of the answers', { noProbability: 0.02 }, 0],
])('%s does this harm and no other, under quiet traffic', (name, harm, from) => {
  const { harm: found, ...others } = named(name)!;
  expect(others).toEqual({ name, kind: 'harmful', noise: flat, burst: 1, from });
  expect(Object.keys(found)).toEqual(Object.keys(harm));
  for (const key of Object.keys(harm) as (keyof Harm)[]) expect(found[key], key).toBeCloseTo(harm[key]!, 9);
});

test('there are no other incidents, and none is left out where the traffic can have all', () => {
  expect([incidents.length, leftOut]).toEqual([19, []]);
});

test.each([
  [0.1, 0.3],
  [0.3, 0.9],
  [0.4, 0.95],
  [0.5, 0.95],
  [0.51, 0.05],
  [0.6, 0.05],
  [0.8, 0.4],
  [0.99, 0.97],
])('where %f of the predictions are positive, three times the rarer makes %f of them positive', (before, after) => {
  const found = named('rarer prediction x 3', made({ positiveRate: before }).incidents);
  expect(found?.harm.positiveRate).toBeCloseTo(after, 12);
});

test.each<[string, Partial<DeclaredTraffic>, string, string[]]>([
  [
    'without errors',
    { errorRate: 0 },
    'the champion has no errors at this traffic',
    [
      'errors x 2',
      'errors x 5',
      'errors x 5 from step 2 on',
      'errors x 5 from the bake on',
      'errors x 5 where country=DE',
    ],
  ],
  ...[0, 1].map((slowRate): [string, Partial<DeclaredTraffic>, string, string[]] => [
    `with a slow share of ${slowRate}`,
    { slowRate },
    "none, or all, of the champion's answers are slow at this traffic",
    ['latency x 1.5', 'latency x 3'],
  ]),
  ...[0, 1].map((positiveRate): [string, Partial<DeclaredTraffic>, string, string[]] => [
    `with a positive share of ${positiveRate}`,
    { positiveRate },
    'all predictions are alike at this traffic',
    ['rarer prediction x 3'],
  ]),
])('traffic %s leaves out what cannot be made worse there', (_, of, why, names) => {
  expect(made(of).leftOut).toEqual(names.map((incident) => ({ incident, why })));
});

test.each([
  [0.2, 0.3, 0.3],
  [0.2, 0.6, 0.95],
  [0, 0.94, 0.95],
  [0, 0.95, null],
  [0.5, 0.5, null],
] as const)('a band from %f to %f has its threefold, %f, at most nearly all', (from, to, expected) => {
  const band = { scoreBand: { from, to, ratio: 1.5 } };
  const found = named('probabilities in the band x 3', made({}, band).incidents)?.harm.bandRate ?? null;
  if (expected === null) expect(found).toBeNull();
  else expect(found).toBeCloseTo(expected, 12);
});

test('a share of nothing or of all is not a split: shadow and blue-green without a holdback', () => {
  const split = (more: object): string[] =>
    made({}, asked, more)
      .leftOut.filter(({ why }) => why === 'the mode splits no traffic')
      .map(({ incident }) => incident);
  const all = ['broken split, odds x 1.5', ...incidents.slice(-3).map(({ name }) => name)];
  expect(split({ mode: 'shadow' })).toEqual(all);
  expect(split({ mode: 'blueGreen', holdback: 0 })).toEqual(all);
  expect(split({ mode: 'blueGreen', holdback: 0.1 })).toEqual([]);
  expect(split({ mode: 'ab' })).toEqual([]);
});
