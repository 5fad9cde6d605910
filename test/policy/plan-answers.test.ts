import { describe, expect, test } from 'vitest';
import { scoreSteps } from '../../contracts/evidence/groups.ts';
import { releasePolicySchema, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { disagreementEvidence, steppedShiftEvidence } from '../../ml/sequential/agreement.ts';
import { groupHarms, pairedDifference } from '../../ml/sequential/group-contrast.ts';
import { planRelease } from '../../policy/release/plan/release.ts';
import type { DeclaredTraffic, PlanOptions } from '../../policy/release/plan/setting.ts';
import { traffic } from './declared-traffic.ts';
import { withKnownLabels } from './known-labels.ts';

const limits = { fairness: { maxGroupLoss: 0.05, maxGroups: 4 }, minAgreement: 0.98, maxScoreShift: 0.05 };
const policyOf = (change: object = {}, guards: object = {}) =>
  releasePolicySchema.parse(withKnownLabels({ ...change, guards: { ...limits, ...guards } }));
type Asked = [policy?: ReleasePolicy, odd?: Partial<DeclaredTraffic>, options?: PlanOptions];
const rowsOf = (guards: readonly string[], ...[policy = policyOf(), odd = {}, options = {}]: Asked) =>
  planRelease(policy, { ...traffic, ...odd }, { repeats: 100, budget: { guards }, ...options });
const answers = ['fairness', 'agreement', 'scoreShift'] as const;
/** The row of a guard that has the whole alpha. */
const rowOf = (guard: (typeof answers)[number], ...asked: Asked) => {
  const [row] = rowsOf([guard], ...asked);
  if (row === undefined) throw new Error(`there is no row of ${guard}`);
  return row;
};

test('guards have a row where the policy sets their limit, and only there', () => {
  const names = (policy: ReleasePolicy) => planRelease(policy, traffic, { repeats: 20 }).map(({ guard }) => guard);
  expect(names(policyOf()).slice(-3)).toEqual(answers);
  expect(names(releasePolicySchema.parse({}))).toEqual(names(policyOf()).slice(0, -3));
  expect(rowsOf(answers)).toEqual(rowsOf(answers));
});

/** A release as it would come: so many keys one by one, a look at each fiftieth; whether it is found. */
type Release = (random: Random, key: number) => number | null;
function powerOf(repeats: number, keys: number, alpha: number, open: () => Release): number {
  let found = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const random = createRandom(repeat, 11);
    const release = open();
    for (let key = 1; key <= keys; key++) {
      const evidence = release(random, key);
      if (evidence === null || evidence < 1 / alpha) continue;
      found += 1;
      break;
    }
  }
  return found / repeats;
}

/** Within three errors of both simulations, and not of something that is found always or never. */
function agrees(planned: number, direct: number, repeats: number) {
  expect(Math.abs(planned - direct)).toBeLessThan(3 * Math.sqrt(direct * (1 - direct) * (1 / repeats + 1 / 400)));
  expect(direct).toBeGreaterThan(0.15);
  expect(direct).toBeLessThan(0.95);
}

describe('a row says the chance that a simulation of each key finds', () => {
  const repeats = 120;
  const hours = 1 / 6 + 1.5;
  test('of different labels', () => {
    const row = rowOf('agreement', policyOf(), { keysPerHour: 300 }, { repeats: 400 });
    expect(row.effect).toMatchObject({ kind: 'disagreement' });
    expect(row.effect.value).toBeCloseTo(0.04, 12);
    const direct = powerOf(repeats, Math.floor(300 * hours), row.alpha, () => {
      const counts = { pairs: 0, disagree: 0, missing: 0 };
      return (random, key) => {
        if (random.next() < 0.0199) counts.missing += 1;
        else {
          counts.pairs += 1;
          if (random.next() < 0.04) counts.disagree += 1;
        }
        return key % 10 === 0 ? disagreementEvidence(counts, 0.02) : null;
      };
    });
    agrees(row.power, direct, repeats);
  });
  test('of shifted scores, whose differences are as a normal distribution draws them', () => {
    const odd = { keysPerHour: 600, scoreSpread: 0.1, errorRate: 0.001 };
    const row = rowOf('scoreShift', policyOf(), odd, { repeats: 400 });
    expect(row.effect).toMatchObject({ kind: 'shift' });
    const direct = powerOf(repeats, Math.floor(600 * hours), row.alpha, () => {
      const steps = new Map<number, number>();
      let missing = 0;
      return (random, key) => {
        const step = Math.floor((0.07 + 0.1 * random.normal()) * scoreSteps);
        if (random.next() < 0.001999) missing += 1;
        else steps.set(step, (steps.get(step) ?? 0) + 1);
        if (key % 10 !== 0) return null;
        return steppedShiftEvidence({ differences: [...steps], steps: scoreSteps, missing }, 0.05);
      };
    });
    agrees(row.power, direct, repeats);
  });
  test("of a group's loss by the scarcest rate", () => {
    const odd = { labelsPerHour: 5000 };
    const row = rowOf('fairness', policyOf(), odd, { repeats: 400 });
    expect(row.effect).toEqual({ kind: 'groupLoss', value: 0.1 });
    const labels = Math.floor(5000 * 0.2 * 0.3 * (hours - 0.5));
    const direct = powerOf(repeats, labels, row.alpha, () => {
      const counts = { labels: 0, worse: 0, better: 0 };
      return (random) => {
        counts.labels += 1;
        if (random.next() < 0.1) counts.worse += 1;
        if (counts.labels % 10 !== 0) return null;
        const [group] = groupHarms([{ group: 'g', ...pairedDifference(counts) }], 0.05, 'high', 100);
        return group?.certainty === 'conclusive' ? group.harm / 12 : null;
      };
    });
    agrees(row.power, direct, repeats);
  });
});

describe('what a guard of answers needs', () => {
  test('is said in words, in keys or labels of all groups, and in hours', () => {
    const row = rowOf('fairness', policyOf(), { labelsPerHour: 20_000 });
    expect(row.needs.hours).toBeCloseTo(0.5 + (row.needs.labels ?? 0) / 20_000, 3);
    expect(row.message).toMatch(
      /a loss of 10 % in the TPR of a group with 20 % of the keys .*the smallest effect .* is a loss of [\d.]+ % in the TPR/,
    );
    const agreement = rowOf('agreement');
    expect(agreement.needs.hours).toBeCloseTo((agreement.needs.keys ?? 0) / 36_000, 3);
    expect(agreement.message).toMatch(/^finds different labels for 4 % of the mirrored keys after at most \d+ keys/);
    expect(rowOf('scoreShift', policyOf(), { errorRate: 0.001 }).message).toMatch(
      /^finds a mean shift of the score by 0.07 after at most \d+ keys/,
    );
  });
  test('grows as fewer keys are mirrored, as the group is smaller, and as fewer answer', () => {
    const sampled = policyOf({ shadow: { sample: 0.25 } });
    const ratio = (rowOf('agreement', sampled).needs.keys ?? 0) / (rowOf('agreement').needs.keys ?? Infinity);
    expect(ratio).toBeGreaterThan(3.5);
    expect(ratio).toBeLessThan(4.5);
    const many = { labelsPerHour: 30_000 };
    const half = rowOf('fairness', policyOf(), { ...many, groupShare: 0.1 }).needs.labels ?? 0;
    expect(half / (rowOf('fairness', policyOf(), many).needs.labels ?? Infinity)).toBeCloseTo(2, 0);
    const failing = rowOf('scoreShift', policyOf(), { errorRate: 0.005 }).needs.keys ?? Infinity;
    expect(rowOf('scoreShift', policyOf(), { errorRate: 0 }).needs.keys).toBeLessThan(failing);
  });
  test('is by the rate that the policy names', () => {
    const errors = policyOf({}, { fairness: { maxGroupLoss: 0.05, maxGroups: 4, rates: ['error'] } });
    const row = rowOf('fairness', errors, { labelsPerHour: 20_000 });
    expect(row.message).toContain('in the accuracy of a group');
    expect(row.needs.labels).toBeLessThan(rowOf('fairness', policyOf(), { labelsPerHour: 20_000 }).needs.labels ?? 0);
  });
  test.each([
    ['fairness', { shadow: { sample: 0 } }, {}, 'nothing is mirrored'],
    ['agreement', { shadow: { sample: 0 } }, {}, 'nothing is mirrored'],
    ['fairness', {}, { labelsPerHour: 300 }, 'at this traffic it finds no effect within its 1.67 h'],
    ['scoreShift', {}, { keysPerHour: 1 }, 'at this traffic it finds no effect'],
  ] as const)('may be more than there is: %s', (guard, change, odd, message) => {
    const row = rowOf(guard, policyOf(change), odd);
    expect(row).toMatchObject({ canFire: false, finds: null, power: 0 });
    expect(row.message).toContain(`can never fire: ${message}`);
  });
});
