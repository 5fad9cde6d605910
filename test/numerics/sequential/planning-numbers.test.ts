import { expect, test } from 'vitest';
import { simulateCrossing } from '../../../ml/power/crossing.ts';
import { planNonInferiority, planPaired } from '../../../ml/power/guards.ts';
import { groupLossQuestion } from '../../../ml/power/outcomes.ts';
import { createRandom } from '../../../ml/random.ts';
import { groupHarms, pairedDifference } from '../../../ml/sequential/group-contrast.ts';
import { pairedLossEvidence, pairedNonInferiorityEvidence } from '../../../ml/sequential/paired.ts';
import { scoreSteps } from '../../../contracts/evidence/groups.ts';
import { median } from '../../support/watch.ts';

const alpha = 0.05;
const most = 20_000;

/** Bounded errors of two versions on the same rows: what both miss, and what each misses alone; the canary's are so much greater on average. */
function* losses(seed: number, lost: number): Generator<number> {
  const random = createRandom(seed, 17);
  const bounded = (error: number): number => Math.min(1, Math.abs(error));
  for (;;) {
    const shared = 0.3 * random.normal();
    const champion = bounded(shared + 0.15 * random.normal());
    const canary = bounded(shared + 0.15 * random.normal());
    yield Math.max(-1, Math.min(1, canary - champion + lost));
  }
}

/** What a plan is told: the mean square of the difference. */
function squaredDifference(lost: number): number {
  const drawn = losses(999, lost);
  const count = 50_000;
  let sum = 0;
  for (let row = 0; row < count; row++) sum += Number(drawn.next().value) ** 2;
  return sum / count;
}

/** Labels until the evidence fires, looked at after every ten. */
function labelsUntil(
  seed: number,
  lost: number,
  evidence: (differences: [number, number][], labels: number) => number,
): number {
  const drawn = losses(seed, lost);
  const steps = new Map<number, number>();
  for (let labels = 1; labels <= most; labels++) {
    const step = Math.floor(Number(drawn.next().value) * scoreSteps);
    steps.set(step, (steps.get(step) ?? 0) + 1);
    if (labels % 10 === 0 && evidence([...steps], labels) >= 1 / alpha) return labels;
  }
  return Infinity;
}

const counts = (differences: [number, number][], labels: number) => ({
  labels,
  worse: 0,
  better: 0,
  differences,
  steps: scoreSteps,
});
const played = (lost: number, evidence: Parameters<typeof labelsUntil>[2]): number =>
  median(Array.from({ length: 60 }, (_, seed) => labelsUntil(seed, lost, evidence)));

test('a plan by the mean square of the difference says after how many labels a harmless candidate is proven', () => {
  const margin = 0.03;
  const discordantShare = squaredDifference(0);
  const plan = planNonInferiority({
    margin,
    alpha,
    drop: 0,
    discordantShare,
    withinLabels: most,
    repeats: 400,
    seed: 1,
  });
  const found = played(0, (differences, labels) => pairedNonInferiorityEvidence(counts(differences, labels), margin));
  expect(found / (plan.median ?? NaN)).toBeGreaterThan(0.75);
  expect(found / (plan.median ?? NaN)).toBeLessThan(1.25);
});

test('and after how many labels a loss is found', () => {
  const drop = 0.04;
  const discordantShare = squaredDifference(drop);
  const plan = planPaired({ tolerated: 0, alpha, drop, discordantShare, withinLabels: most, repeats: 400, seed: 1 });
  const found = played(drop, (differences, labels) => pairedLossEvidence(counts(differences, labels), 0));
  expect(found / (plan.median ?? NaN)).toBeGreaterThan(0.75);
  expect(found / (plan.median ?? NaN)).toBeLessThan(1.25);
});

test('and after how many labels of a group its loss is found', () => {
  const loss = 0.08;
  const [limit, tests, minimum] = [0.02, 20, 100];
  const discordantShare = squaredDifference(loss);
  const question = groupLossQuestion({
    limit,
    discordantShare,
    tests,
    minimum,
    missing: 0,
    young: 0,
    alpha,
    within: most,
    repeats: 400,
    seed: 1,
  });
  const plan = simulateCrossing(question(loss));
  const found = played(loss, (differences, labels) => {
    const [group] = groupHarms(
      [{ group: 'g', ...pairedDifference(counts(differences, labels)) }],
      limit,
      'low',
      minimum,
    );
    return group?.certainty === 'conclusive' ? group.harm / tests : 0;
  });
  expect(found).toBeGreaterThan(minimum);
  expect(found / (plan.median ?? NaN)).toBeGreaterThan(0.75);
  expect(found / (plan.median ?? NaN)).toBeLessThan(1.25);
});
