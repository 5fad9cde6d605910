import { describe, expect, test } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import { auditAttribute } from '../../ml/fairness/audit.ts';
import type { FairnessAudit } from '../../ml/fairness/audit.ts';
import { groupsOf } from '../../ml/fairness/groups.ts';
import { rateNames } from '../../ml/fairness/rates.ts';
import { createRandom } from '../../ml/random.ts';
import oracle from '../fixtures/numerics/fairness.json' with { type: 'json' };

const answers = (positive: Uint8Array) => ({ positive, probability: Float64Array.from(positive) });
const settings = { minGroupRows: 100, minGroupEvents: 20, alpha: 0.05, resamples: 500, seed: 1 };
const frameOf = (column: string, values: readonly string[]): Frame => ({
  rowCount: values.length,
  columns: { [column]: { type: 'string', values } },
});

describe('agrees with fairlearn', () => {
  const groups = groupsOf(frameOf('G', oracle.group), { column: 'G' });
  const labels = Uint8Array.from(oracle.labels);
  const candidate = answers(Uint8Array.from(oracle.positive));
  const audit = auditAttribute({ ...settings, groups, labels, candidate, champion: null });

  test.each(['a', 'b', 'c'] as const)('on the rates of group %s', (name) => {
    const found = audit.groups.find(({ group }) => group === name);
    for (const rate of rateNames) expect(found?.[rate]).toBeCloseTo(oracle.byGroup[name][rate], 12);
  });
  test.each(audit.metrics)('on $metric, within its interval', ({ metric, estimate, lower, upper }) => {
    expect(estimate).toBeCloseTo(oracle.metrics[metric as keyof typeof oracle.metrics], 12);
    expect(lower).toBeLessThanOrEqual(estimate ?? -1);
    expect(upper).toBeGreaterThanOrEqual(estimate ?? 2);
  });
  test('a small group is kept without rates and named', () => {
    expect(audit.inconclusive).toEqual(['tiny']);
    const tiny = audit.groups.find(({ group }) => group === 'tiny');
    expect(tiny?.rows).toBeGreaterThan(0);
    expect(rateNames.map((rate) => tiny?.[rate])).toEqual([null, null, null, null, null]);
  });
});

/** Two or more groups of equal size whose labels are all negative, so that the selection rate is the FPR too. */
function chance(sizes: number[], rates: number[], seed: number): FairnessAudit {
  const random = createRandom(seed);
  const names = sizes.flatMap((size, group) => Array.from({ length: size }, () => `g${group}`));
  const positive = Uint8Array.from(names, (name) => (random.next() < (rates[Number(name.slice(1))] ?? 0) ? 1 : 0));
  const groups = groupsOf(frameOf('G', names), { column: 'G' });
  return {
    ...settings,
    groups,
    labels: new Uint8Array(names.length),
    candidate: answers(positive),
    champion: null,
    seed,
  };
}
const parity = (audit: FairnessAudit) =>
  auditAttribute(audit).metrics.find(({ metric }) => metric === 'demographicParityDifference');
const quotient = (audit: FairnessAudit) =>
  auditAttribute(audit).metrics.find(({ metric }) => metric === 'demographicParityRatio');

test('with ten equal groups the gap looks large, but its lower bound stays 0 as often as the level says', () => {
  const runs = Array.from({ length: 150 }, (_, seed) =>
    chance(
      Array.from({ length: 10 }, () => 120),
      Array.from({ length: 10 }, () => 0.3),
      seed,
    ),
  );
  const gaps = runs.map(parity);
  expect(gaps.filter((gap) => (gap?.estimate ?? 0) > 0.1).length / runs.length).toBeGreaterThan(0.6);
  expect(gaps.filter((gap) => (gap?.lower ?? 0) > 0).length / runs.length).toBeLessThanOrEqual(0.08);
  expect(runs.map(quotient).filter((ratio) => (ratio?.upper ?? 0) < 1).length / runs.length).toBeLessThanOrEqual(0.08);
});

test('the intervals of gap and ratio hold the truth as often as the level says', () => {
  const runs = Array.from({ length: 150 }, (_, seed) => chance([300, 300, 300], [0.2, 0.3, 0.5], 500 + seed));
  const holds = (interval: { lower: number | null; upper: number | null } | undefined, truth: number) =>
    (interval?.lower ?? 1) <= truth && (interval?.upper ?? 0) >= truth;
  expect(runs.filter((run) => holds(parity(run), 0.3)).length / runs.length).toBeGreaterThanOrEqual(0.92);
  expect(runs.filter((run) => holds(quotient(run), 0.4)).length / runs.length).toBeGreaterThanOrEqual(0.92);
});

test.each([[[0.2, 0.6]], [[0.6, 0.2]]])('a wide gap is certain, whichever group comes first: %j', (rates) => {
  const audit = chance([1000, 1000], rates, 2);
  expect(parity(audit)?.lower).toBeGreaterThan(0.3);
  expect(quotient(audit)?.upper).toBeLessThan(0.5);
});

test('a group with enough rows but too few positives has a selection rate and no TPR', () => {
  const audit = auditAttribute(chance([200, 200], [0.3, 0.4], 1));
  expect(audit.groups[0]).toMatchObject({ tpr: null, positives: 0 });
  expect(audit.groups[0]?.selectionRate).not.toBeNull();
  expect(audit.inconclusive).toEqual(['g0', 'g1']);
  expect(audit.metrics.find(({ metric }) => metric === 'equalizedOddsDifference')?.estimate).toBeNull();
});

test('a group that is worse off than under the champion is found on the same rows, the others are not', () => {
  const random = createRandom(4);
  const names = Array.from({ length: 3000 }, (_, row) => (row % 3 === 0 ? 'hurt' : 'same'));
  const labels = Uint8Array.from(names, () => random.integer(2));
  const champion = labels.map((label) => (random.next() < 0.15 ? 1 - label : label));
  const candidate = champion.map((answer, row) =>
    names[row] === 'hurt' && random.next() < 0.15 ? 1 - (labels[row] ?? 0) : answer,
  );
  const groups = groupsOf(frameOf('G', names), { column: 'G' });
  const audit = auditAttribute({
    ...settings,
    groups,
    labels,
    candidate: answers(candidate),
    champion: answers(champion),
  });
  const [hurt, same] = audit.groups;
  expect(hurt?.loss?.estimate).toBeCloseTo((hurt?.errorRate ?? 0) - (hurt?.championLoss ?? 0), 12);
  expect(hurt?.loss?.lower).toBeGreaterThan(0.05);
  expect(same?.loss?.estimate).toBe(0);
  expect(same?.loss?.lower).toBeLessThan(0);
  expect(audit.metrics.every(({ champion: theirs }) => theirs !== null)).toBe(true);
});
