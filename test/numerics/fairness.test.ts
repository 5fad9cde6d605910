import { describe, expect, test } from 'vitest';
import type { Frame } from '../../contracts/frame.ts';
import { auditAttribute } from '../../ml/fairness/audit.ts';
import type { FairnessAudit } from '../../ml/fairness/audit.ts';
import { groupsByName, groupsOf } from '../../ml/fairness/groups.ts';
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
    expect(estimate).toBeCloseTo(oracle.metrics[metric], 12);
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

/** Rows of groups from their counts of true and false positives, true and false negatives. */
function counted(cells: Record<string, [tp: number, fp: number, tn: number, fn: number]>) {
  const rows = Object.entries(cells).flatMap(([group, counts]) =>
    counts.flatMap((count, cell) => Array.from({ length: count }, () => ({ group, cell }))),
  );
  return {
    groups: groupsOf(
      frameOf(
        'G',
        rows.map(({ group }) => group),
      ),
      { column: 'G' },
    ),
    labels: Uint8Array.from(rows, ({ cell }) => (cell === 0 || cell === 3 ? 1 : 0)),
    candidate: answers(Uint8Array.from(rows, ({ cell }) => (cell < 2 ? 1 : 0))),
    champion: null,
  };
}

test.each([
  { rate: 'tpr', cells: [20, 19, 42, 0], trials: 20, others: { fpr: 19 / 61, precision: 20 / 39 } },
  { rate: 'fpr', cells: [50, 5, 15, 10], trials: 20, others: { tpr: 5 / 6, precision: 50 / 55 } },
  { rate: 'precision', cells: [10, 10, 30, 30], trials: 20, others: { tpr: 0.25, fpr: 0.25 } },
] as const)('a group has its $rate from exactly so many events on, its other rates are their own', (row) => {
  const { rate, cells, trials, others } = row;
  const audit = (minGroupEvents: number) =>
    auditAttribute({
      ...settings,
      minGroupRows: 80,
      ...counted({ a: [...cells], b: [25, 25, 25, 25] }),
      minGroupEvents,
    });
  expect(audit(trials).groups[0]?.[rate]).not.toBeNull();
  expect(audit(trials + 1).groups[0]?.[rate]).toBeNull();
  expect(audit(19).groups[0]).toMatchObject(others);
  expect(audit(1000).groups[0]).toMatchObject({ tpr: null, fpr: null, precision: null });
  expect(audit(1000).groups[0]?.selectionRate).not.toBeNull();
  expect(audit(1000).groups[0]?.errorRate).not.toBeNull();
});

test('a group is judged from exactly so many rows on', () => {
  const rows = counted({ a: [25, 25, 25, 25], b: [25, 25, 25, 25] });
  const judged = (minGroupRows: number) =>
    auditAttribute({ ...settings, minGroupEvents: 1, minGroupRows, ...rows, champion: rows.candidate });
  expect(judged(100)).toMatchObject({ inconclusive: [], groups: [{ loss: { estimate: 0 } }, {}] });
  expect(judged(101)).toMatchObject({ inconclusive: ['a', 'b'], groups: [{ loss: null, errorRate: null }, {}] });
});

test('without lower limits a group of one row has the rates that it has, and no rate of nothing', () => {
  const audit = auditAttribute({
    ...settings,
    minGroupRows: 0,
    minGroupEvents: 0,
    ...counted({ a: [1, 0, 0, 0], b: [1, 1, 1, 1] }),
  });
  expect(audit.groups[0]).toMatchObject({ selectionRate: 1, tpr: 1, precision: 1, fpr: null, errorRate: 0 });
  const estimates = Object.fromEntries(audit.metrics.map(({ metric, estimate }) => [metric, estimate]));
  expect(estimates).toEqual({
    demographicParityDifference: 0.5,
    demographicParityRatio: 0.5,
    equalizedOddsDifference: null,
    equalOpportunityDifference: 0.5,
    predictiveParityDifference: 0.5,
  });
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
  expect(hurt?.loss?.estimate).toBeCloseTo((hurt?.errorRate ?? 0) - (hurt?.championErrorRate ?? 0), 12);
  expect(hurt?.loss?.lower).toBeGreaterThan(0.05);
  expect(same?.loss?.estimate).toBe(0);
  expect(same?.loss?.lower).toBeLessThan(0);
  expect(audit.metrics.every(({ champion: theirs }) => theirs !== null)).toBe(true);
});

describe('groups', () => {
  const frame: Frame = {
    rowCount: 5,
    columns: {
      SEX: { type: 'string', values: ['2', '1', '', '2', '10'] },
      AGEP: { type: 'number', values: Float64Array.of(17, 18, 65, 64.9, Number.NaN) },
    },
  };
  const sensitive = [
    { column: 'SEX', labels: { '1': 'male', '2': 'female' } },
    { column: 'AGEP', bands: [18, 65] },
  ];
  const namesByRow = (attribute: string) => {
    const { names, index } = groupsByName(frame, attribute, sensitive);
    return Array.from(index, (group) => names[group]);
  };
  test('are named by their labels, in the order of the codes, and missing values are a group', () => {
    expect(groupsByName(frame, 'SEX', sensitive).names).toEqual(['male', 'female', '10', 'missing']);
    expect(namesByRow('SEX')).toEqual(['female', 'male', 'missing', 'female', '10']);
  });
  test('come in one order whatever the order of the rows: numbers by size, then text, then what is missing', () => {
    const codes = ['5x', '10', '', 'a', '9', '-1', 'B', '1e1x'];
    for (let turn = 0; turn < codes.length; turn++) {
      const rows = [...codes.slice(turn), ...codes.slice(0, turn)];
      expect(groupsOf(frameOf('G', rows), { column: 'G' }).names).toEqual([
        '-1',
        '9',
        '10',
        '1e1x',
        '5x',
        'B',
        'a',
        'missing',
      ]);
    }
  });
  test('are codes that came as numbers too', () => {
    const values = Float64Array.of(2, Number.NaN, 10, 1, 2);
    const numbers: Frame = { rowCount: 5, columns: { SEX: { type: 'number', values } } };
    const { names, index } = groupsByName(numbers, 'SEX', sensitive);
    expect(names).toEqual(['male', 'female', '10', 'missing']);
    expect([...index]).toEqual([1, 3, 2, 0, 1]);
  });
  test('are bands of numbers that came as text too', () => {
    const { names, index } = groupsOf(frameOf('AGE', ['17', '18', '', '65']), { column: 'AGE', bands: [65, 18] });
    expect(Array.from(index, (group) => names[group])).toEqual([
      'below 18',
      '18 to below 65',
      'missing',
      '65 and above',
    ]);
  });
  test('are bands that hold their lower edge', () => {
    expect(namesByRow('AGEP')).toEqual(['below 18', '18 to below 65', '65 and above', '18 to below 65', 'missing']);
  });
  test('are crossed for a pair, with the combinations that occur', () => {
    expect(namesByRow('SEX x AGEP')).toEqual([
      'female x below 18',
      'male x 18 to below 65',
      'missing x 65 and above',
      'female x 18 to below 65',
      '10 x missing',
    ]);
    expect(groupsByName(frame, 'SEX x AGEP', sensitive).names).toEqual([
      'male x 18 to below 65',
      'female x below 18',
      'female x 18 to below 65',
      '10 x missing',
      'missing x 65 and above',
    ]);
  });
  test('of an unknown attribute or a column that was not loaded are an error that says what to do', () => {
    expect(() => groupsByName(frame, 'SEX x RACE', sensitive)).toThrow(/"RACE" .* not sensitive .*SEX, AGEP/);
    expect(() => groupsOf(frame, { column: 'DIS' })).toThrow(/"DIS" is no column .*load it/);
  });
});
