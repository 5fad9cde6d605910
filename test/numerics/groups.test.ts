import { describe, expect, test } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import { groupsByName, groupsOf } from '../../ml/fairness/groups.ts';

const frameOf = (column: string, values: readonly string[]): Frame => ({
  rowCount: values.length,
  columns: { [column]: { type: 'string', values } },
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
  test('come in one order for any order of the rows: numbers by size, then text, then what is missing', () => {
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
    expect(() => groupsOf(frame, { column: 'DIS' })).toThrow(/"DIS" is not a column .*load it/);
  });
});
