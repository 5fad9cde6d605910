import { expect, test } from 'vitest';
import { judgeData } from '../../policy/gates/data.ts';
import type { DataFacts } from '../../policy/gates/data-facts.ts';
import { reasonsOf } from '../../policy/verdict.ts';
import { dataset, troubles } from './definition.ts';
import { asText, drifted, facts, profile, withColumn, withPsi } from './data-facts.ts';

test('clean data pass with one check per kind', () => {
  const verdict = judgeData({ ...facts, previousRows: 900, drift: drifted(0.9, 0) });
  expect(verdict.status).toBe('pass');
  expect(verdict.checks.map(({ name }) => name)).toEqual([
    'rows',
    'rows.ratio',
    'id.unique',
    'columns.present',
    'columns.type',
    'columns.nulls',
    'columns.range',
    'columns.allowed',
    'columns.extreme',
    'columns.digits',
    'columns.unexpected',
    'labels.known',
    'labels.balance',
    'columns.psi',
  ]);
});

test('what passes says what was seen and what was asked', () => {
  const given = { ...facts, previousRows: 900, drift: [...drifted(0.9, 0.02), ...drifted(0.9, 0.07)] };
  expect(judgeData(given).checks.map(({ name, observed, limit, message }) => [name, observed, limit, message])).toEqual(
    [
      ['rows', 1000, 500, '1000 rows, at least 500 are asked for'],
      ['rows.ratio', 1000 / 900, 0.1, '1000 rows after 900 in the snapshot before: ratio 1.111, expected at least 0.1'],
      ['id.unique', 0, 0, 'every id is unique'],
      ['columns.present', 4, 4, 'all 4 columns are there'],
      ['columns.type', 0, 0, 'every value is of its declared type'],
      ['columns.nulls', 0, 0, 'no column has more nulls than it may'],
      ['columns.range', 0, 0, 'every number is within its range'],
      ['columns.allowed', 0, 0, 'every code is an allowed one'],
      ['columns.extreme', 0, 0, 'no number is beyond all others'],
      ['columns.digits', 0, 0, 'float32 tells the numbers apart'],
      ['columns.unexpected', 0, 0, 'no column is unknown'],
      ['labels.known', 0, 0, 'every label is one of 0 and 1 (task binary)'],
      ['labels.balance', 0.4, '5 % to 95 %', '40 % of the labels are 1, expected 5 % to 95 %'],
      ['columns.psi', 0.07, 0.1, 'no column has moved by a PSI above 0.1'],
    ],
  );
});

const nullable = {
  ...dataset,
  columns: { ...dataset.columns, employed: { ...dataset.columns.employed!, nullable: true } },
};
test.each<[string, DataFacts, unknown[]]>([
  [
    'too few rows',
    { ...facts, profile: { ...profile, rows: 499 } },
    ['rows', 499, 500, '499 rows, at least 500 are asked for: look at the source, or at the selection'],
  ],
  [
    'too few rows with a label',
    { ...withColumn('employed', { nulls: 501 }), dataset: nullable },
    [
      'rows',
      499,
      500,
      '499 of 1000 rows have a label, at least 500 are asked for: look at the source, or at the selection',
    ],
  ],
  [
    'far fewer rows than before',
    { ...facts, previousRows: 20_000 },
    ['rows.ratio', 0.05, 0.1, '1000 rows after 20000 in the snapshot before: ratio 0.05, expected at least 0.1'],
  ],
  [
    'repeated keys',
    { ...facts, profile: { ...profile, duplicateKeys: 1 } },
    ['id.unique', 1, 0, '1 rows repeat the key id of another row'],
  ],
  [
    'a missing column',
    withColumn('AGEP', { foundType: null }),
    ['AGEP.present', 'missing', 'present', 'AGEP: the column is missing in the file'],
  ],
  [
    'text in a number',
    withColumn('AGEP', { wrongType: 1, examples: ['old'], foundType: 'VARCHAR' }),
    ['AGEP.type', 1, 0, 'AGEP: 1 values are not of type integer (for example old); the file has VARCHAR'],
  ],
  [
    'one value out of range',
    withColumn('AGEP', { outOfRange: 1 }),
    ['AGEP.range', 1, 0, 'AGEP: 1 value is outside [0, 99]'],
  ],
  [
    'an unknown code',
    withColumn('SCHL', { notAllowed: 1, examples: ['99'] }),
    ['SCHL.allowed', 1, 0, 'SCHL: 1 values are none of the allowed codes (for example 99)'],
  ],
  [
    'an unknown column',
    { ...facts, profile: { ...profile, unexpectedColumns: ['x', 'y'] } },
    [
      'columns.unexpected',
      2,
      0,
      'columns that the dataset definition does not name: x, y; they are not used: declare them in dataset.yaml, with kind: carried where no model reads them',
    ],
  ],
  [
    'rows that no window takes',
    { ...facts, timeless: 2, dataset: { ...facts.dataset, time: 'day' } },
    [
      'rows.time',
      2,
      0,
      '2 rows have no time (day), so no window takes them: fill it in, or start the run without bounds',
    ],
  ],
  [
    'lines within cells',
    { ...facts, linesInCells: 1 },
    [
      'rows.lines',
      1,
      0,
      '1 lines of the file lie within quoted cells, and are not rows: look for a quote that does not end where it should',
    ],
  ],
])('what does not pass says it too: %s', (_, given, expected) => {
  const trouble = judgeData(given).checks.filter(({ status }) => status !== 'pass');
  expect(trouble.map(({ name, observed, limit, message }) => [name, observed, limit, message])).toEqual([expected]);
});

test('rows without a label are counted by the target alone, and only where the file has it', () => {
  const missing = (given: DataFacts) =>
    judgeData({ ...given, dataset: nullable }).checks.find(({ name }) => name === 'labels.missing');
  expect(missing(withColumn('employed', { nulls: 30 }))).toMatchObject({
    status: 'pass',
    observed: 30,
    limit: null,
    message: '30 of 1000 rows have no label yet (employed): they are left out of training and tests',
  });
  expect(missing(withColumn('SCHL', { nulls: 30 }))).toBeUndefined();
  expect(missing(withColumn('employed', { nulls: 30, foundType: null }))).toBeUndefined();
});

test('labels that the model does not know fail, counted by their rows, with at most five of them', () => {
  const labels = [...profile.labels, ...Array.from({ length: 6 }, (_, i) => ({ value: String(i + 2), rows: i + 1 }))];
  const { checks } = judgeData({ ...facts, profile: { ...profile, labels } });
  expect(checks.find(({ name }) => name === 'labels.known')).toMatchObject({
    status: 'fail',
    observed: 21,
    limit: 0,
    message: expect.stringMatching(/^employed: 21 rows have a label other than 0 and 1 \("2", "3", "4", "5", "6"\): /),
  });
});

test.each([
  [50, 'pass'],
  [49, 'fail'],
  [950, 'pass'],
  [951, 'fail'],
])('of 1,000 labels %i positive ones: %s', (positive, status) => {
  const labels = [
    { value: '0', rows: 1000 - positive },
    { value: '1', rows: positive },
  ];
  const { checks } = judgeData({ ...facts, profile: { ...profile, labels } });
  expect(checks.find(({ name }) => name === 'labels.balance')).toMatchObject({ status, observed: positive / 1000 });
});

test('as many rows as the ratio asks for are enough, and without a snapshot before there is no ratio', () => {
  expect(troubles(judgeData({ ...facts, previousRows: 10_000 }))).toEqual([]);
  expect(troubles(judgeData({ ...facts, previousRows: 10_001 }))).toEqual(['rows.ratio warn']);
  const ratio = (previousRows: number | null) =>
    judgeData({ ...facts, previousRows }).checks.filter(({ name }) => name === 'rows.ratio').length;
  expect([ratio(null), ratio(0), ratio(1)]).toEqual([0, 0, 1]);
});

test('a snapshot without rows fails by its rows, not by shares of nothing', () => {
  const empty = profile.columns.map((old) => ({ ...old, rows: 0 }));
  const verdict = judgeData({ ...facts, profile: { ...profile, rows: 0, columns: empty, labels: [] } });
  expect(troubles(verdict)).toEqual(['rows fail', 'labels.balance inconclusive']);
});

test.each<[string, DataFacts, string[]]>([
  ['too few rows', { ...facts, profile: { ...profile, rows: 499 } }, ['rows fail']],
  ['far fewer rows than before', { ...facts, previousRows: 20_000 }, ['rows.ratio warn']],
  ['repeated keys', { ...facts, profile: { ...profile, duplicateKeys: 3 } }, ['id.unique fail']],
  ['a column without a type in the file', withColumn('AGEP', { foundType: null }), ['AGEP.present fail']],
  [
    'a column without a profile',
    { ...facts, profile: { ...profile, columns: profile.columns.slice(1) } },
    ['id.present fail'],
  ],
  ['text in a number', withColumn('AGEP', { wrongType: 2, examples: ['old', 'n/a'] }), ['AGEP.type fail']],
  ['an impossible age', withColumn('AGEP', { outOfRange: 1, examples: ['340'] }), ['AGEP.range fail']],
  ['an unknown code', withColumn('SCHL', { notAllowed: 4 }), ['SCHL.allowed fail']],
  ['a null where none may be', withColumn('AGEP', { nulls: 1 }), ['AGEP.nulls fail']],
  ['few nulls where some may be', withColumn('SCHL', { nulls: 50 }), []],
  ['many nulls where some may be', withColumn('SCHL', { nulls: 51 }), ['SCHL.nulls fail']],
  [
    'categories that are whole numbers written as decimals',
    {
      ...withColumn('SCHL', {
        top: [
          { value: '3.0', rows: 600 },
          { value: '-12.00', rows: 400 },
        ],
      }),
      dataset: asText('SCHL'),
    },
    ['SCHL.codes warn'],
  ],
  [
    'whole numbers that floating point does not tell apart',
    {
      ...withColumn('SCHL', { foundType: 'FLOAT', top: [{ value: '16777218', rows: 1000 }] }),
      dataset: asText('SCHL', 'integer'),
    },
    ['SCHL.exact warn'],
  ],
  [
    'whole numbers that it does',
    {
      ...withColumn('SCHL', { foundType: 'DOUBLE', top: [{ value: '16777218', rows: 1000 }] }),
      dataset: asText('SCHL', 'integer'),
    },
    [],
  ],
  [
    'categories that elsewhere mean missing',
    {
      ...withColumn('SCHL', {
        top: [
          { value: 'NA', rows: 600 },
          { value: 'x', rows: 300 },
          { value: '\\N', rows: 90 },
          { value: '#DIV/0!', rows: 10 },
        ],
      }),
      dataset: asText('SCHL'),
    },
    ['SCHL.words warn'],
  ],
  [
    'categories that are decimals in part',
    {
      ...withColumn('SCHL', {
        top: [
          { value: '3.0', rows: 600 },
          { value: '3.5', rows: 400 },
        ],
      }),
      dataset: asText('SCHL'),
    },
    [],
  ],
  ['an unknown column', { ...facts, profile: { ...profile, unexpectedColumns: ['x'] } }, ['columns.unexpected warn']],
  [
    'one label only',
    { ...facts, profile: { ...profile, labels: [{ value: '0', rows: 1000 }] } },
    ['labels.balance fail'],
  ],
  ['no label', { ...facts, profile: { ...profile, labels: [] } }, ['labels.balance inconclusive']],
  ['drift above the first limit', { ...facts, drift: drifted(0.01, 0.12) }, ['AGEP.psi warn']],
  [
    'drift above the second limit is held for a person',
    { ...facts, drift: drifted(0.001, 0.3) },
    ['AGEP.psi inconclusive'],
  ],
  ['drift beyond what stops the run', withPsi({ stop: 0.5 }, 0.51), ['AGEP.psi fail']],
  ['drift that stays below what stops the run', withPsi({ stop: 0.5 }, 0.49), ['AGEP.psi inconclusive']],
  [
    'drift of a column that has other limits',
    withPsi({ columns: { AGEP: { warn: 0.3, hold: 0.6 } } }, 0.5),
    ['AGEP.psi warn'],
  ],
  ['drift within the limits of its column', withPsi({ columns: { AGEP: { warn: 0.6 } } }, 0.5), []],
  [
    'drift of a column that has no stop of its own',
    withPsi({ stop: 0.4, columns: { AGEP: { stop: null } } }, 0.5),
    ['AGEP.psi inconclusive'],
  ],
  ['drift of a column that is off', withPsi({ columns: { AGEP: 'off' } }, 0.5), []],
  ['drift that is not certain after correction', { ...facts, drift: drifted(0.06, 0.12) }, []],
])('%s', (_, given, expected) => {
  expect(troubles(judgeData(given))).toEqual(expected);
});

test('the reasons name the column, the count, examples and the limit', () => {
  const given = withColumn('AGEP', { outOfRange: 17, examples: ['340', '-1'] });
  expect(reasonsOf(judgeData(given))).toEqual(['AGEP: 17 values are outside [0, 99] (for example 340, -1)']);
});

test('a column with too many missing values is told what to do, and a target that labels may come later', () => {
  const nulls = (name: string, count: number) => reasonsOf(judgeData(withColumn(name, { nulls: count })));
  expect(nulls('AGEP', 1)[0]).toMatch(
    /^AGEP: .* none is allowed: .*declare the column nullable: true in dataset.yaml$/,
  );
  expect(nulls('SCHL', 51)[0]).toMatch(/at most .* raise data.maxNullShare in the model definition$/);
  expect(nulls(facts.dataset.target, 5)[0]).toMatch(
    /none is allowed: declare it nullable: true in dataset.yaml where labels come later; rows without one are then left out and counted$/,
  );
});
