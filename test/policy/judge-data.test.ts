import type { z } from 'zod';
import { dataGateSchema } from '../../contracts/model-definition.ts';
import { expect, test } from 'vitest';
import { classesOf } from '../../contracts/classes.ts';
import type { ColumnProfile, DataProfile } from '../../contracts/evidence/data.ts';
import { judgeData } from '../../policy/judge-data.ts';
import type { DataFacts } from '../../policy/judge-data.ts';
import { reasonsOf } from '../../policy/verdict.ts';
import { dataset, definition, troubles } from './definition.ts';

const column = (name: string, found: Partial<ColumnProfile> = {}): ColumnProfile => ({
  column: name,
  foundType: 'BIGINT',
  rows: 1000,
  nulls: 0,
  distinct: 10,
  wrongType: 0,
  outOfRange: 0,
  notAllowed: 0,
  examples: [],
  min: null,
  max: null,
  mean: null,
  deviation: null,
  top: [],
  ...found,
});
const profile: DataProfile = {
  rows: 1000,
  duplicateKeys: 0,
  unexpectedColumns: [],
  columns: ['id', 'AGEP', 'SCHL', 'employed'].map((name) => column(name)),
  labels: [
    { value: '0', rows: 600 },
    { value: '1', rows: 400 },
  ],
  drift: [],
};
const facts: DataFacts = {
  profile,
  drift: [],
  previousRows: null,
  dataset,
  classes: classesOf(definition, dataset),
  linesInCells: 0,
  gate: definition.data,
};
const withColumn = (name: string, found: Partial<ColumnProfile>): DataFacts => ({
  ...facts,
  profile: { ...profile, columns: profile.columns.map((old) => (old.column === name ? { ...old, ...found } : old)) },
});
const drifted = (adjusted: number, lower: number) => [
  { column: 'AGEP', psi: lower + 0.05, lower, pValue: adjusted, adjusted },
];

const asText = (name: 'SCHL'): DataFacts['dataset'] => ({
  ...dataset,
  columns: {
    ...dataset.columns,
    [name]: { ...dataset.columns[name]!, kind: 'categorical', type: 'string', allowed: undefined },
  },
});

const withPsi = (psi: z.input<typeof dataGateSchema>['psi'], lower: number): DataFacts => ({
  ...facts,
  drift: drifted(0, lower),
  gate: dataGateSchema.parse({ psi }),
});

test('drift names the keys by which it is decided', () => {
  expect(reasonsOf(judgeData({ ...facts, drift: drifted(0, 0.3) }))[0]).toMatch(
    /raise data\.psi\.hold, or set data\.psi\.columns\.AGEP, "off" for a column that is meant to move/,
  );
});

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
    'columns.unexpected',
    'labels.known',
    'labels.balance',
    'columns.psi',
  ]);
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
    'categories of which some are no decimals',
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

test('rows whose licence or provenance nobody declared warn, and never stop', () => {
  const verdict = judgeData({ ...facts, dataset: { ...dataset, licence: '', provenance: ' ' } });
  expect(verdict.status).toBe('warn');
  expect(troubles(verdict)).toEqual(['dataset.licence warn', 'dataset.provenance warn']);
  expect(reasonsOf(verdict)[0]).toMatch(/declares no licence: write "licence" in its dataset.yaml/);
});
