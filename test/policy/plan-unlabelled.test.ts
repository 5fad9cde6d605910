import { describe, expect, test } from 'vitest';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { ValuedKeys } from '../../contracts/evidence/values.ts';
import { releasePolicySchema, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { guardsOf } from '../../policy/release/test-guards.ts';
import { planRelease } from '../../policy/release/plan/release.ts';
import { traffic as declared } from './declared-traffic.ts';
import { quiet } from './groups.ts';

const policyOf = (labels: object): ReleasePolicy =>
  releasePolicySchema.parse({
    labels,
    shadow: { duration: '10m', sample: 1 },
    steps: [{ share: 0.5, duration: '110m' }],
    guards: { liveAccuracyLoss: 0.01, value: { from: 0, to: 1, maxLoss: 0.01 } },
  });
/** Of a hundred keys 97 get a label and a value, half an hour after their request. */
const traffic = {
  ...declared,
  keysPerHour: 3_000,
  labelsPerHour: 2_910,
  valuesPerHour: 2_910,
  labelDelayHours: 0.5,
  valueDelayHours: 0.5,
  valueMean: 0.6,
};
const share = 0.5;
const releases = 60;
const hour = 60;

interface Key {
  readonly at: number;
  readonly comes: number;
  readonly onCanary: boolean;
  /** Whether the champion, and the canary, is right; what either answer is worth is the same. */
  readonly right: { readonly champion: boolean; readonly canary: boolean };
}

/** Keys of a release minute by minute, of a canary that is wrong on `drop` more of them. */
function keysOf(drop: number, random: Random): Key[] {
  return Array.from({ length: 2 * traffic.keysPerHour }, (_, index) => {
    const at = (index / traffic.keysPerHour) * hour;
    const champion = random.next() < 0.6;
    const canary = champion && random.next() >= drop / 0.6;
    const comes = random.next() < 0.97 ? at + traffic.labelDelayHours * hour : Infinity;
    return { at, comes, onCanary: random.next() < share, right: { champion, canary } };
  });
}

function seenAt(keys: readonly Key[], now: number, maturity: number): ReleaseObservation {
  const cohort = (before: number) => {
    const paired = { labels: 0, missing: 0, dropped: 0, championRight: 0, canaryRight: 0, worse: 0, better: 0 };
    const arms = {
      champion: { share, arm: 'champion' as const, right: 0, wrong: 0, missing: 0 },
      canary: { share, arm: 'canary' as const, right: 0, wrong: 0, missing: 0 },
    };
    for (const key of keys) {
      if (key.at > before) break;
      const live = key.at < 10 ? null : arms[key.onCanary ? 'canary' : 'champion'];
      if (key.comes > now) {
        paired.missing += 1;
        if (live !== null) live.missing += 1;
        continue;
      }
      const { champion, canary } = key.right;
      paired.labels += 1;
      paired.championRight += Number(champion);
      paired.canaryRight += Number(canary);
      paired.worse += Number(champion && !canary);
      if (live !== null) live[key.right[live.arm] ? 'right' : 'wrong'] += 1;
    }
    const labelled = [arms.champion, arms.canary];
    const values = labelled.map(({ right, wrong, ...arm }): ValuedKeys => ({
      ...arm,
      values: [
        [0, wrong, 0, 0],
        [1_000, right, 0, 0],
      ],
      outside: 0,
    }));
    return { paired, labelled, values };
  };
  const [all, mature] = [cohort(now), cohort(now - maturity)];
  return {
    ...quiet,
    paired: all.paired,
    mature: mature.paired,
    labelled: { all: all.labelled, mature: mature.labelled },
    values: { all: all.values, mature: mature.values },
  };
}

/** Of the releases those that the guard itself fires in time, looked at every fifth minute. */
function fired(guard: string, policy: ReleasePolicy, drop: number): number {
  const maturity = (policy.labels.maturity ?? 0) / 60_000;
  let found = 0;
  for (let release = 0; release < releases; release += 1) {
    const keys = keysOf(drop, createRandom(release, 41));
    for (let now = 5; now <= 2 * hour; now += 5) {
      const guards = guardsOf(seenAt(keys, now, maturity), policy, { phase: 'canary', retry: 1, hotfix: false });
      if (guards.find(({ name }) => name === guard)?.fired !== true) continue;
      found += 1;
      break;
    }
  }
  return found / releases;
}

describe.each<[string, object, Record<'accuracy' | 'liveAccuracy' | 'value', number>]>([
  ['of no declared age, which count as soon as they come', {}, { accuracy: 0.43, liveAccuracy: 0.57, value: 0.52 }],
  ['of an age of 70 minutes', { maturity: '70m' }, { accuracy: 0.053, liveAccuracy: 0.17, value: 0.17 }],
])('labels %s', (_, labels, drops) => {
  test.each(['accuracy', 'liveAccuracy', 'value'] as const)('%s is planned as the guard itself fires', (guard) => {
    const policy = policyOf(labels);
    const drop = drops[guard];
    const tolerated = guard === 'accuracy' ? policy.guards.accuracyLoss : 0.01;
    const discordant = { ...traffic, discordantShare: drop, wrongRate: 0.4 };
    const rows = planRelease(policy, discordant, { repeats: 400, drop: drop - tolerated });
    const row = rows.find((one) => one.guard === guard);
    const direct = fired(guard, policy, drop);
    expect(direct).toBeGreaterThan(0.1);
    expect(direct).toBeLessThan(0.98);
    expect(Math.abs((row?.power ?? NaN) - direct)).toBeLessThan(
      3 * Math.sqrt(direct * (1 - direct) * (1 / releases + 1 / 400)),
    );
  });
});
