import { describe, expect, test } from 'vitest';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import { valueSteps, type ValuedKeys } from '../../contracts/evidence/values.ts';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { quiet } from './groups.ts';
import { moment } from './moment.ts';

interface Key {
  readonly arm: ValuedKeys['arm'];
  readonly value: number;
}
type Arrived = Key & { readonly at: number; readonly comes: number };

/** How long after its request a value comes, in analyses; it may depend on what it is and on who answered. */
const delays: Readonly<Record<string, (key: Key) => number>> = {
  equal: () => 12,
  'high ones first': ({ value }) => (value > 0 ? 0 : 24),
  'low ones first': ({ value }) => (value > 0 ? 24 : 0),
  'those of the canary first': ({ arm }) => (arm === 'canary' ? 0 : 24),
  'what speaks for the canary first': ({ arm, value }) => ((arm === 'canary') === value > 0 ? 0 : 24),
  'what speaks against the canary first': ({ arm, value }) => ((arm === 'canary') === value > 0 ? 24 : 0),
};
const maturityLooks = 24;
const analyses = 60;
const keysPerLook = 120;
const alpha = 0.05;
const releases = 50;
const share = 0.5;
const range = { from: 0, to: 1 };
/** Of the champion's answers that many are worth 1, the others nothing. */
const mean = 0.6;

function valued(keys: readonly Arrived[], now: number, before: number): ValuedKeys[] {
  const counted = { champion: { worth: 0, nothing: 0, missing: 0 }, canary: { worth: 0, nothing: 0, missing: 0 } };
  for (const { arm, value, at, comes } of keys)
    if (at <= before) counted[arm][comes > now ? 'missing' : value > 0 ? 'worth' : 'nothing'] += 1;
  return (['champion', 'canary'] as const).map((arm) => {
    const { worth, nothing, missing } = counted[arm];
    return {
      share,
      arm,
      values: [
        [0, nothing, 0, 0],
        [valueSteps, worth, 0, 0],
      ],
      missing,
      outside: 0,
    };
  });
}

/** One analysis after the other at the last step of a canary whose mean is lower by `fall`, until the guard fires or the proof is there. */
function play(fall: number, delay: string, labels: object, random: Random): 'promoted' | 'rolledBack' | 'held' {
  const policy = releasePolicySchema.parse({
    labels,
    steps: [share],
    minStepRequests: 0,
    alpha,
    guards: { value: { ...range, maxLoss: 0 }, rules: { value: { weight: 100 } } },
    promotion: { metrics: { accuracy: null, value: { margin: 0.15 } } },
  });
  const maturity = policy.labels.maturity ?? 0;
  const keys: Arrived[] = [];
  for (let now = 1; now <= analyses; now++) {
    for (let i = 0; i < keysPerLook; i++) {
      const arm = random.next() < share ? 'canary' : 'champion';
      const key: Key = { arm, value: Number(random.next() < (arm === 'canary' ? mean - fall : mean)) };
      keys.push({ ...key, at: now, comes: now + (delays[delay]?.(key) ?? 0) });
    }
    if (now % 6 !== 0) continue;
    const seen: ReleaseObservation = {
      ...quiet,
      values: { all: valued(keys, now, now), mature: valued(keys, now, now - maturity) },
    };
    const { decision } = judgeAnalysis(seen, policy, moment('canary', { elapsedMs: 1e9, step: 0, steps: 1 }));
    if (decision === 'advance') return 'promoted';
    if (decision === 'rollback') return 'rolledBack';
  }
  return 'held';
}

const outcomes = (fall: number, delay: string, labels: object = { maturity: maturityLooks }, repeats = releases) =>
  Array.from({ length: repeats }, (_, release) => play(fall, delay, labels, createRandom(release, 78)));
const count = (all: readonly string[], of: string): number => all.filter((outcome) => outcome === of).length;

/** Of 50 releases at 5 %, and of 20, more come once in a million (binomial distribution). */
const most = 12;
const mostOfFew = 8;

describe.each(Object.keys(delays))('values that come late: %s', (delay) => {
  test('do not promote a canary whose mean falls by the margin, by more than alpha', () => {
    expect(count(outcomes(0.15, delay), 'promoted')).toBeLessThanOrEqual(most);
  });
  test('do not roll back an equal one, by more than alpha', () => {
    expect(count(outcomes(0, delay), 'rolledBack')).toBeLessThanOrEqual(most);
  });
  test('neither promote nor fire by too young an age, however they come', () => {
    const young = { maturity: 2 };
    expect(count(outcomes(0.15, delay, young, 20), 'promoted')).toBeLessThanOrEqual(mostOfFew);
    expect(count(outcomes(0, delay, young, 20), 'rolledBack')).toBeLessThanOrEqual(mostOfFew);
  });
  test('still promote an equal one, and find out one that is far worse', () => {
    expect(count(outcomes(0, delay, undefined, 10), 'promoted')).toBeGreaterThanOrEqual(8);
    expect(count(outcomes(0.55, delay, undefined, 10), 'rolledBack')).toBe(10);
  });
  test('promote nobody before their age is declared', () => {
    expect(count(outcomes(0, delay, {}, 10), 'promoted')).toBe(0);
  });
});

test('left out as if they were missing at random, they fire on an equal canary and promote a worse one', () => {
  const young = { maturity: 2, missing: 'random' };
  expect(count(outcomes(0, 'what speaks against the canary first', young), 'rolledBack')).toBeGreaterThan(25);
  expect(count(outcomes(0.15, 'what speaks for the canary first', young), 'promoted')).toBeGreaterThan(25);
});
