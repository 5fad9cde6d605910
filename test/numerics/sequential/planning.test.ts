import { describe, expect, test } from 'vitest';
import { planBake, smallestBakeRatio } from '../../../ml/power/bake.ts';
import type { Crossing } from '../../../ml/power/crossing.ts';
import { pairedLossEvidence, pairedNonInferiorityEvidence } from '../../../ml/sequential/paired.ts';
import type { PairedCounts } from '../../../ml/sequential/paired.ts';
import {
  planEventRate,
  planNonInferiority,
  planPaired,
  planSampleRatio,
  smallestDrop,
  smallestOdds,
  smallestRatio,
} from '../../../ml/power/guards.ts';
import { sampleRatioEvidence } from '../../../ml/sequential/sample-ratio.ts';
import type { Random } from '../../../ml/random.ts';
import oracle from '../../fixtures/numerics/event-sequences.json' with { type: 'json' };
import { watch } from '../../support/watch.ts';

const repeats = 1000;

interface Estimate {
  readonly value: number;
  readonly error: number;
}

/** Looks at every hundredth more of the keys are late by at most that; ours has a Monte-Carlo error too. */
const agrees = (found: number | null, direct: Estimate | null, ours: number, late = 0.01) => {
  if (found === null || direct === null) return expect(found).toBe(direct);
  const error = Math.hypot(direct.error, ours);
  expect(found).toBeGreaterThan(direct.value - 3 * error);
  expect(found).toBeLessThan(direct.value * (1 + late) + 3 * error);
};

function agreesWith(found: Crossing, direct: Record<keyof Crossing, Estimate | null>, directRepeats: number) {
  const shrink = Math.sqrt(directRepeats / repeats);
  for (const figure of ['median', 'p95', 'expected'] as const) {
    agrees(found[figure], direct[figure], (direct[figure]?.error ?? 0) * shrink);
  }
  agrees(found.power, direct.power, (direct.power?.error ?? 0) * shrink, 0);
}

describe('the planner agrees with a simulation of each key, within the Monte-Carlo error of both', () => {
  test.each(oracle.plans.eventRate)('on event rates: base $base, ratio $ratio over $tolerated', (known) => {
    const plan = {
      baseRate: known.base,
      ratio: known.ratio,
      tolerated: known.tolerated,
      steps: known.steps.map(([share = 0, hours = 0]) => ({ share, hours })),
      keysPerHour: known.keys_per_hour,
      alpha: known.alpha,
      withinHours: known.within,
      repeats,
    };
    agreesWith(planEventRate(plan), known.found, 1500);
  });
  test('a bake is asked for as one step of the same guard, at the share that its holdback leaves', () => {
    const question = { baseRate: 0.01, ratio: 2, tolerated: 1, keysPerHour: 36_000, alpha: 0.0025, repeats };
    const steps = [{ share: 0.9, hours: 6 }];
    expect(planBake({ ...question, holdback: 0.1, hours: 6 })).toEqual(
      planEventRate({ ...question, steps, withinHours: 6 }),
    );
  });

  /** Labels one by one, a look at each fifth. */
  const labels =
    (worse: number, better: number, alpha: number, evidence: (counts: PairedCounts) => number) => (random: Random) => {
      const counts = { labels: 0, worse: 0, better: 0 };
      for (counts.labels = 1; counts.labels <= 30_000; counts.labels++) {
        const u = random.next();
        if (u < worse) counts.worse++;
        else if (u < worse + better) counts.better++;
        if (counts.labels % 5 === 0 && evidence(counts) >= 1 / alpha) return counts.labels;
      }
      return null;
    };
  const directRepeats = 300;
  /** The error of a quantile, from the order statistics two deviations to each side. */
  const quantile = (times: readonly number[], p: number): Estimate => {
    const sorted = times.toSorted((a, b) => a - b);
    const spread = 2 * Math.sqrt(sorted.length * p * (1 - p));
    const at = (rank: number) => sorted[Math.max(0, Math.min(sorted.length - 1, Math.floor(rank)))] ?? Number.NaN;
    const rank = sorted.length * p;
    return { value: at(rank), error: (at(rank + spread) - at(rank - spread)) / 4 };
  };
  const agreesOnLabels = (found: Crossing, times: readonly number[]) => {
    const shrink = Math.sqrt(directRepeats / repeats);
    for (const [figure, p] of [
      ['median', 0.5],
      ['p95', 0.95],
    ] as const) {
      const direct = quantile(times, p);
      agrees(found[figure], direct, direct.error * shrink, 0.015);
    }
  };
  test('on paired labels', () => {
    const plan = { discordantShare: 0.085, drop: 0.025, tolerated: 0.005, alpha: 0.025, withinLabels: 2000, repeats };
    const direct = watch(
      directRepeats,
      labels(0.055, 0.03, 0.025, (counts) => pairedLossEvidence(counts, 0.005)),
    );
    agreesOnLabels(planPaired(plan), direct.times);
  });
  test('on the proof that there is no harm', () => {
    const plan = { discordantShare: 0.04, drop: 0, margin: 0.02, alpha: 0.05, withinLabels: 2000, repeats };
    const direct = watch(
      directRepeats,
      labels(0.02, 0.02, 0.05, (counts) => pairedNonInferiorityEvidence(counts, 0.02)),
    );
    agreesOnLabels(planNonInferiority(plan), direct.times);
  });
});

const traffic = {
  steps: [
    { share: 0.05, hours: 0.5 },
    { share: 0.25, hours: 0.5 },
    { share: 0.5, hours: 0.5 },
  ],
  keysPerHour: 36_000,
  alpha: 0.005,
  withinHours: 1.5,
};

describe('the smallest effect', () => {
  test('of an event rate is found in time, and one 15 % closer to what is borne less often than asked', () => {
    const ratio = smallestRatio({ ...traffic, baseRate: 0.01, tolerated: 1 });
    if (ratio === null) throw new Error('none was found');
    const power = (of: number) =>
      planEventRate({ ...traffic, baseRate: 0.01, tolerated: 1, ratio: of, repeats, seed: 2 }).power;
    expect(power(ratio)).toBeGreaterThan(0.91);
    expect(power(1 + (ratio - 1) * 0.85)).toBeLessThan(0.95);
  });
  test.each([
    ['there is no event', { baseRate: 0 }],
    ['events are too few', { baseRate: 1e-5 }],
    ['the rate has no room above what is borne', { baseRate: 0.7, tolerated: 1.5 }],
    ['there is next to no traffic', { baseRate: 0.01, keysPerHour: 20 }],
  ])('of an event rate does not exist where %s', (_, odd) => {
    const usual = { ...traffic, baseRate: 0.01, tolerated: 1 };
    expect(smallestRatio({ ...usual, ...odd })).toBeNull();
  });
  test('of an event rate exists where nothing at all is borne', () => {
    expect(smallestRatio({ ...traffic, baseRate: 0.01, tolerated: 0 })).toBeLessThan(0.1);
  });
  test('of a sample ratio is smaller with more keys, and 11 % for 10 % is found with a chance as a direct simulation says', () => {
    const few = smallestOdds(traffic);
    const many = smallestOdds({ ...traffic, keysPerHour: 360_000 });
    expect(many).toBeLessThan(few ?? 0);
    const steps = [{ share: 0.1, hours: 1 }];
    const plan = planSampleRatio({ ...traffic, steps, withinHours: 1 / 3, odds: 0.11 / 0.89 / (0.1 / 0.9), repeats });
    const direct = watch(200, (random) => {
      const count = { share: 0.1, champion: 0, canary: 0 };
      for (let key = 1; key <= 12_000; key++) {
        if (random.next() < 0.11) count.canary++;
        else count.champion++;
        if (key % 50 === 0 && sampleRatioEvidence([count]) >= 1 / traffic.alpha) return key;
      }
      return null;
    });
    const { share: value } = direct;
    const error = Math.sqrt(value * (1 - value));
    agrees(plan.power, { value, error: error / Math.sqrt(200) }, error / Math.sqrt(repeats), 0);
  });
  test('of accuracy is found in time, and does not exist for a handful of labels', () => {
    const plan = { discordantShare: 0.04, tolerated: 0, alpha: 0.025, withinLabels: 3000 };
    const drop = smallestDrop(plan);
    expect(planPaired({ ...plan, drop: drop ?? 0, repeats, seed: 2 }).power).toBeGreaterThan(0.91);
    expect(planPaired({ ...plan, drop: (drop ?? 0) * 0.8, repeats, seed: 2 }).power).toBeLessThan(0.95);
    expect(smallestDrop({ ...plan, withinLabels: 3 })).toBeNull();
  });
});

describe('the holdback of a bake', () => {
  const bake = { baseRate: 0.01, tolerated: 1, keysPerHour: 36_000, hours: 24, alpha: 0.0025 };
  test('needs minutes at 10 % where it needs hours at 1 %', () => {
    const hours = (holdback: number) =>
      (planBake({ ...bake, ratio: 2, holdback }).median ?? Infinity) / bake.keysPerHour;
    expect(hours(0.1)).toBeLessThan(1.5);
    expect(hours(0.01)).toBeGreaterThan(5 * hours(0.1));
  });
  test('finds nothing where there are too few events, and smaller ratios the larger it is', () => {
    expect(smallestBakeRatio({ ...bake, hours: 0.05, holdback: 0.01 })).toBeNull();
    const [small, large] = [0.05, 0.2].map(
      (holdback) => smallestBakeRatio({ ...bake, hours: 6, holdback }) ?? Infinity,
    );
    expect(large).toBeLessThan(small ?? 0);
    expect(small).toBeLessThan(3);
  });
});

test('the same question has the same answer, and another seed one that is close', () => {
  const plan = { ...traffic, baseRate: 0.02, ratio: 2, tolerated: 1 };
  expect(planEventRate(plan)).toEqual(planEventRate(plan));
  const other = planEventRate({ ...plan, seed: 7 });
  expect(other).not.toEqual(planEventRate(plan));
  expect(other.median).toBeGreaterThan(0.85 * (planEventRate(plan).median ?? Infinity));
});
