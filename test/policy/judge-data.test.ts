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
  ['an unknown column', { ...facts, profile: { ...profile, unexpectedColumns: ['x'] } }, ['columns.unexpected warn']],
  [
    'one label only',
    { ...facts, profile: { ...profile, labels: [{ value: '0', rows: 1000 }] } },
    ['labels.balance fail'],
  ],
  ['no label', { ...facts, profile: { ...profile, labels: [] } }, ['labels.balance inconclusive']],
  ['drift above the first limit', { ...facts, drift: drifted(0.01, 0.12) }, ['AGEP.psi warn']],
  ['drift above the second limit', { ...facts, drift: drifted(0.001, 0.3) }, ['AGEP.psi fail']],
  ['drift that is not certain after correction', { ...facts, drift: drifted(0.06, 0.12) }, []],
])('%s', (_, given, expected) => {
  expect(troubles(judgeData(given))).toEqual(expected);
});

test('the reasons name the column, the count, examples and the limit', () => {
  const given = withColumn('AGEP', { outOfRange: 17, examples: ['340', '-1'] });
  expect(reasonsOf(judgeData(given))).toEqual(['AGEP: 17 values are outside [0, 99] (for example 340, -1)']);
});
