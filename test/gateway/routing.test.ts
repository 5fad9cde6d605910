import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { mirrorVersion } from '../../contracts/release/mirrored-requests.ts';
import { unitHash } from '../../contracts/unit-hash.ts';
import { routeKey } from '../../gateway/routing/route.ts';

const record: Deployment = {
  schema: 'pawl.deployment/1',
  seq: 1,
  model: 'tiny',
  salt: 's1',
  champion: 1,
  previous: null,
  canary: null,
  shadow: null,
  guard: null,
  frozen: false,
  forced: [],
  before: null,
  signature: null,
  release: null,
  actor: 'test',
  reason: 'test',
  at: '2024-01-01T00:00:00Z',
};
const keys = Array.from({ length: 100_000 }, (_, i) => `customer-${i}`);
const inCanary = (share: number, salt = 's1'): Set<string> =>
  new Set(keys.filter((key) => routeKey({ ...record, salt, canary: { version: 2, share } }, key).version === 2));

describe('the split', () => {
  it.each([0.01, 0.05, 0.25, 0.5, 0.9])('gives the canary %d of the keys within four standard deviations', (share) => {
    const deviation = Math.sqrt(keys.length * share * (1 - share));
    expect(Math.abs(inCanary(share).size - keys.length * share)).toBeLessThan(4 * deviation);
  });

  it('keeps every key in the canary as its share grows', () => {
    const quarter = inCanary(0.25);
    for (const key of inCanary(0.05)) expect(quarter.has(key)).toBe(true);
  });

  it('gives all to the canary at 1 and none at 0', () => {
    expect(inCanary(1).size).toBe(keys.length);
    expect(inCanary(0).size).toBe(0);
  });

  it('draws independently under another salt', () => {
    const other = inCanary(0.25, 's2');
    const both = [...inCanary(0.25)].filter((key) => other.has(key)).length;
    const expected = keys.length * 0.0625;
    expect(Math.abs(both - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });

  it('spreads short and similar keys evenly over a hundred bins', () => {
    const bins = new Float64Array(100);
    for (let i = 0; i < 100_000; i++) {
      const bin = Math.floor(unitHash('salt', String(i)) * 100);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    const chiSquare = bins.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    // 99 degrees of freedom: mean 99, standard deviation 14.
    expect(chiSquare).toBeLessThan(99 + 4 * 14.1);
  });

  it('says that no champion serves, and what is being released', () => {
    expect(() => routeKey({ ...record, champion: null, canary: { version: 3, share: 1 } }, 'k')).toThrow(
      'model "tiny" has no champion yet: version 3 is still being released',
    );
  });
});

describe('the mirror', () => {
  const shadow = { version: 2, sample: 1 };
  it.each([
    ['the champion answered, to the shadow', { ...record, shadow }, 1, 2],
    ['the shadow answered as canary, to the champion', { ...record, shadow, canary: { version: 2, share: 0.5 } }, 2, 1],
    [
      'the new champion answered during the bake, to the previous one',
      { ...record, shadow, champion: 2, previous: 1 },
      2,
      1,
    ],
    ['nothing shadows', record, 1, null],
    ['there is no other version', { ...record, shadow, champion: 2 }, 2, null],
    ['a third version answered', { ...record, shadow, canary: { version: 3, share: 1 } }, 3, null],
  ])('copies a request where %s', (_, deployment, answered, other) => {
    expect(mirrorVersion(deployment, answered, 'id')).toBe(other);
  });

  it('samples requests, independently of the split', () => {
    const sampled = keys.filter(
      (key) => mirrorVersion({ ...record, shadow: { version: 2, sample: 0.3 } }, 1, key) === 2,
    );
    expect(Math.abs(sampled.length - keys.length * 0.3)).toBeLessThan(4 * Math.sqrt(keys.length * 0.21));
    const canary = inCanary(0.3);
    const both = sampled.filter((key) => canary.has(key)).length;
    expect(Math.abs(both - keys.length * 0.09)).toBeLessThan(4 * Math.sqrt(keys.length * 0.09));
  });
});
