import { expect, test } from 'vitest';
import { columnTable, metricTable, sliceTable, tablesOfReport } from '../../report/tables.ts';
import type { ColumnProfile, DataEvidence } from '../../contracts/evidence/data.ts';
import type { FairnessEvidence, Group } from '../../contracts/evidence/fairness.ts';
import type { QualityEvidence } from '../../contracts/evidence/quality.ts';
import { columnProfile as column } from '../support/column-profile.ts';

const data = (columns: ColumnProfile[], drift: DataEvidence['drift']): DataEvidence => ({
  schema: 'pawl.evidence.data/1',
  run: 'r',
  snapshot: 's',
  previousRows: null,
  profile: {
    rows: 10,
    duplicateKeys: 0,
    unexpectedColumns: [],
    columns,
    labels: [],
    unlistedLabels: 0,
    labelQuantiles: null,
    drift: [],
  },
  drift,
  verdict: { status: 'pass', checks: [] },
});

test('the table of columns joins what was found with the drift, most moved first, and invents nothing', async () => {
  const { columns, rows } = await columnTable(
    data(
      [
        column('a-b', { nulls: 3 }),
        column('02134', { mean: 1.5, foundType: 'DOUBLE' }),
        column('c', { foundType: null }),
      ],
      [
        { column: 'a-b', psi: 0.01, lower: 0, pValue: 0.5, adjusted: 0.9 },
        { column: '02134', psi: 0.4, lower: 0.3, pValue: 0.001, adjusted: 0.002 },
      ],
    ),
  );
  expect(columns).toEqual([
    'column',
    'type',
    'nulls',
    'distinct',
    'wrong type',
    'out of range',
    'not allowed',
    'mean',
    'PSI',
    'at least',
    'adjusted p',
  ]);
  expect(rows).toEqual([
    ['02134', 'DOUBLE', 0, 2, 0, 0, 0, 1.5, 0.4, 0.3, 0.002],
    ['a-b', 'VARCHAR', 3, 2, 0, 0, 0, null, 0.01, 0, 0.9],
    ['c', 'missing', 0, 2, 0, 0, 0, null, null, null, null],
  ]);
});

test('the table of columns does without drift where there is no champion, and without columns', async () => {
  const { columns, rows } = await columnTable(data([column('a')], []));
  expect(columns).not.toContain('PSI');
  expect(rows).toEqual([['a', 'VARCHAR', 0, 2, 0, 0, 0, null]]);
  expect((await columnTable(data([], []))).rows).toEqual([]);
});

test('the table of slices shows how far the worst and the best slice of a column are apart', async () => {
  const slice = (name: string, value: string, rows: number, accuracy: number) => ({
    column: name,
    value,
    rows,
    metrics: { accuracy, auc: null },
  });
  const quality = {
    slices: [
      slice('SEX', '1', 10, 0.75),
      slice('MAR', '1', 5, 0.5),
      slice('SEX', '2', 20, 0.875),
      slice('MAR', '2', 1, 1),
    ],
  };
  const { columns, rows } = await sliceTable(quality as QualityEvidence);
  expect(columns).toEqual(['column', 'slices', 'rows', 'worst', 'best', 'gap']);
  expect(rows).toEqual([
    ['MAR', 2, 6, 0.5, 1, 0.5],
    ['SEX', 2, 30, 0.75, 0.875, 0.125],
  ]);
  expect((await sliceTable({ ...quality, slices: [] } as unknown as QualityEvidence)).rows).toEqual([]);
});

const group = (name: string, errorRate: number | null): Group => ({
  group: name,
  rows: 100,
  positives: 50,
  predictedPositives: 50,
  selectionRate: 0.5,
  tpr: null,
  fpr: 0.1,
  precision: 0.9,
  errorRate,
  championLoss: null,
  loss: null,
});

const fairness: FairnessEvidence = {
  schema: 'pawl.evidence.fairness/1',
  run: 'r',
  model: 'm',
  champion: null,
  rows: 200,
  attributes: [
    {
      attribute: 'SEX',
      groups: [group('1', 0.1), group('2', 0.2)],
      metrics: [
        { metric: 'equalizedOddsDifference', estimate: 0.25, lower: 0, upper: 1, champion: null },
        { metric: 'demographicParityRatio', estimate: 0.8, lower: 0, upper: 1, champion: null },
      ],
      inconclusive: [],
    },
    {
      attribute: 'SEX x RAC1P',
      groups: [group('1 x 4', null), group('2 x 1', 0.3)],
      metrics: [{ metric: 'equalizedOddsDifference', estimate: null, lower: null, upper: null, champion: null }],
      inconclusive: ['1 x 4'],
    },
  ],
  verdict: { status: 'pass', checks: [] },
};

test('the table of fairness has a row per attribute and a column per metric, empty where nothing can be said', async () => {
  expect(await metricTable(fairness)).toEqual({
    title: 'Fairness',
    columns: ['attribute', 'groups', 'equalizedOddsDifference', 'demographicParityRatio'],
    rows: [
      ['SEX', 2, 0.25, 0.8],
      ['SEX x RAC1P', 2, null, null],
    ],
  });
});

test('a run that stopped early has no table for what it never judged', async () => {
  expect(await tablesOfReport({ data: null, quality: null, fairness: null })).toEqual({
    columns: null,
    slices: null,
    fairness: null,
  });
  const { columns, fairness: attributes } = await tablesOfReport({
    data: data([column('a')], []),
    quality: null,
    fairness,
  });
  expect(columns?.rows).toHaveLength(1);
  expect(attributes?.rows).toHaveLength(2);
});
