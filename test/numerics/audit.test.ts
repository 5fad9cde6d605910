import { expect, test } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import { auditAttribute } from '../../ml/fairness/audit.ts';
import { groupsOf } from '../../ml/fairness/groups.ts';

const answers = (positive: Uint8Array) => ({ positive, probability: Float64Array.from(positive) });
const settings = { minGroupRows: 100, minGroupEvents: 20, alpha: 0.05, resamples: 200, seed: 1 };
const frameOf = (column: string, values: readonly string[]): Frame => ({
  rowCount: values.length,
  columns: { [column]: { type: 'string', values } },
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
