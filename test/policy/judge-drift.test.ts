import { expect, test } from 'vitest';
import { dataGateSchema } from '../../contracts/model/data-gate.ts';
import { hasMoved, judgeDrift, watchedColumns } from '../../policy/gates/drift.ts';

const drifted = (adjusted: number, lower: number, column = 'AGEP') => ({
  column,
  psi: lower + 0.05,
  lower,
  pValue: adjusted,
  adjusted,
});
const { psi: gate } = dataGateSchema.parse({ psi: { warn: 0.1, hold: 0.25, stop: 0.5 } });

test.each<[adjusted: number, lower: number, status: string | null, key?: string, limit?: number]>([
  [0.05, 0.11, 'warn', 'warn', 0.1],
  [0.051, 0.11, null],
  [0.05, 0.1, null],
  [0, 0.25, 'warn', 'warn', 0.1],
  [0, 0.26, 'inconclusive', 'hold', 0.25],
  [0, 0.5, 'inconclusive', 'hold', 0.25],
  [0, 0.51, 'fail', 'stop', 0.5],
])('an adjusted p of %d and a lower bound of %d give %s', (adjusted, lower, status, key, limit) => {
  const [found] = judgeDrift([drifted(adjusted, lower)], gate);
  if (status === null) {
    expect(found).toMatchObject({ name: 'columns.psi', status: 'pass', observed: lower, limit: 0.1 });
    return;
  }
  expect(found).toMatchObject({ name: 'AGEP.psi', status, observed: lower, limit, required: true });
  expect(found?.message).toContain(
    `raise data.psi.${key}, or set data.psi.columns.AGEP, "off" for a column that is meant to move`,
  );
});

test('one check says that all others are still, with the one that moved most; without columns there is none', () => {
  const still = [drifted(1, 0.02, 'a'), drifted(1, 0.07, 'b'), drifted(1, 0.01, 'c')];
  expect(judgeDrift(still, gate)).toMatchObject([{ name: 'columns.psi', observed: 0.07 }]);
  expect(judgeDrift([...still, drifted(0, 0.2)], gate)).toMatchObject([{ name: 'AGEP.psi', status: 'warn' }]);
  expect(judgeDrift([], gate)).toEqual([]);
  expect(hasMoved(drifted(0.05, 0.2), 0.2)).toBe(false);
});

test('columns that are off are not watched', () => {
  const { psi } = dataGateSchema.parse({ psi: { columns: { AGEP: 'off', SCHL: { hold: 0.5 } } } });
  expect(watchedColumns(psi, [{ column: 'SCHL' }, { column: 'AGEP' }, { column: 'toString' }])).toEqual([
    { column: 'SCHL' },
    { column: 'toString' },
  ]);
});
