import { describe, expect, test } from 'vitest';
import type { PairedKeys, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { quiet } from './groups.ts';
import { moment } from './moment.ts';

interface Key {
  readonly positive: boolean;
  readonly championRight: boolean;
  readonly canaryRight: boolean;
}

/** How long after its request a label comes, in analyses; it may depend on what it says and on who was right. */
const delays: Readonly<Record<string, (key: Key) => number>> = {
  equal: () => 12,
  'positives first': ({ positive }) => (positive ? 0 : 24),
  'negatives first': ({ positive }) => (positive ? 24 : 0),
  'those that the canary got right first': ({ canaryRight }) => (canaryRight ? 0 : 24),
  'those that the champion got right first': ({ championRight }) => (championRight ? 0 : 24),
};
const maturityLooks = 24;
const analyses = 60;
const keysPerLook = 80;
const alpha = 0.05;
const releases = 50;

/** Chances that only the champion, or only the canary, is right, for a positive and a negative. */
interface Candidate {
  readonly positive: readonly [worse: number, better: number];
  readonly negative: readonly [worse: number, better: number];
}
/** Other errors, as many: better on positives as it is worse on negatives, and as many of both. */
const equal: Candidate = { positive: [0.02, 0.12], negative: [0.12, 0.02] };
/** 4.5 points worse, though better on positives. */
const worse: Candidate = { positive: [0.02, 0.1], negative: [0.19, 0.02] };

function draw({ positive, negative }: Candidate, random: Random): Key {
  const isPositive = random.next() < 0.5;
  const [lost, gained] = isPositive ? positive : negative;
  const u = random.next();
  if (u < lost) return { positive: isPositive, championRight: true, canaryRight: false };
  if (u < lost + gained) return { positive: isPositive, championRight: false, canaryRight: true };
  const both = random.next() < 0.8;
  return { positive: isPositive, championRight: both, canaryRight: both };
}

function counted(keys: readonly (Key & { at: number; comes: number })[], now: number, before: number): PairedKeys {
  const counts = { labels: 0, missing: 0, dropped: 0, championRight: 0, canaryRight: 0, worse: 0, better: 0 };
  for (const key of keys) {
    if (key.at > before) continue;
    if (key.comes > now) {
      counts.missing += 1;
      continue;
    }
    counts.labels += 1;
    counts.championRight += Number(key.championRight);
    counts.canaryRight += Number(key.canaryRight);
    counts.worse += Number(key.championRight && !key.canaryRight);
    counts.better += Number(!key.championRight && key.canaryRight);
  }
  return counts;
}

/** One analysis after the other at the last step, until a guard fires or the proof is there. */
function play(candidate: Candidate, delay: string, labels: object, random: Random): 'promoted' | 'rolledBack' | 'held' {
  const policy = releasePolicySchema.parse({ labels, minStepRequests: 0, minLabels: 1, alpha });
  const maturity = policy.labels.maturity ?? 0;
  const keys: (Key & { at: number; comes: number })[] = [];
  for (let now = 1; now <= analyses; now++) {
    for (let i = 0; i < keysPerLook; i++) {
      const key = draw(candidate, random);
      keys.push({ ...key, at: now, comes: now + (delays[delay]?.(key) ?? 0) });
    }
    if (now % 6 !== 0) continue;
    const seen: ReleaseObservation = {
      ...quiet,
      paired: counted(keys, now, now),
      mature: counted(keys, now, now - maturity),
    };
    const { decision } = judgeAnalysis(seen, policy, moment('canary', { elapsedMs: 1e9, step: 2 }));
    if (decision === 'advance') return 'promoted';
    if (decision === 'rollback') return 'rolledBack';
  }
  return 'held';
}

const outcomes = (
  candidate: Candidate,
  delay: string,
  labels: object = { maturity: maturityLooks },
  repeats = releases,
) => Array.from({ length: repeats }, (_, release) => play(candidate, delay, labels, createRandom(release, 77)));
const share = (all: readonly string[], of: string): number => all.filter((outcome) => outcome === of).length;

/** The most releases of so many that are within alpha, but for one test in a million: by the binomial distribution. */
function mostWithin(n: number, p: number): number {
  let [chance, sum, count] = [(1 - p) ** n, (1 - p) ** n, 0];
  while (sum < 1 - 1e-6) {
    chance *= ((n - count) / (count + 1)) * (p / (1 - p));
    count += 1;
    sum += chance;
  }
  return count;
}
const most = mostWithin(releases, alpha);

describe.each(Object.keys(delays))('labels that come late: %s', (delay) => {
  test('do not promote a candidate that is 4.5 points worse, by more than alpha', () => {
    expect(share(outcomes(worse, delay), 'promoted')).toBeLessThanOrEqual(most);
  });
  test('do not roll back an equal one, by more than alpha', () => {
    expect(share(outcomes(equal, delay), 'rolledBack')).toBeLessThanOrEqual(most);
  });
  test('neither promote nor fire by too young an age, however they come', () => {
    const young = { maturity: 2 };
    const few = mostWithin(20, alpha);
    expect(share(outcomes(worse, delay, young, 20), 'promoted')).toBeLessThanOrEqual(few);
    expect(share(outcomes(equal, delay, young, 20), 'rolledBack')).toBeLessThanOrEqual(few);
  });
  test('still find a candidate out that is far worse', () => {
    const broken: Candidate = { positive: [0.3, 0.02], negative: [0.3, 0.02] };
    expect(share(outcomes(broken, delay, undefined, 10), 'rolledBack')).toBe(10);
  });
  test('promote nobody before their age is declared, and say how late they came', () => {
    expect(share(outcomes(equal, delay, {}, 10), 'promoted')).toBe(0);
  });
});

test('left out as if they were missing at random, they fire on an equal candidate: that is what `random` asks to rule out', () => {
  const young = { maturity: 2, missing: 'random' };
  expect(share(outcomes(equal, 'negatives first', young, 50), 'rolledBack')).toBeGreaterThan(25);
  expect(share(outcomes(worse, 'positives first', young, 50), 'promoted')).toBeGreaterThan(25);
});

test('a proof by labels whose age is not declared says how late labels came, by what they say', () => {
  const labelDelays = [
    { label: '1', labels: 400, medianMs: 7_200_000, p95Ms: 10_800_000 },
    { label: '0', labels: 30, medianMs: 30_000, p95Ms: 90_000 },
  ];
  const policy = releasePolicySchema.parse({ minStepRequests: 0 });
  const { verdict, decision } = judgeAnalysis(
    { ...quiet, labelDelays },
    policy,
    moment('canary', { elapsedMs: 1e9, step: 2 }),
  );
  expect(decision).toBe('hold');
  expect(verdict.checks.find(({ name }) => name === 'canary.nonInferior')?.message).toContain(
    'declare in release.labels.maturity after which age a label has come if it ever does, for every label: so far ' +
      '400 labels "1" after 2.0 h (95 % within 3.0 h), 30 labels "0" after 30 s (95 % within 2 min) have come',
  );
});
