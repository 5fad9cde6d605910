import { expect, test } from 'vitest';
import { columnSchema } from '../../contracts/data/dataset.ts';
import { withCodes } from '../../contracts/data/given-inputs.ts';
import { GroupNames } from '../../policy/release/observe/group-names.ts';

const category = (type: string) => columnSchema.parse({ type, kind: 'categorical' });
const numbers = (...values: number[]) => ({ type: 'number', values: Float64Array.from(values) }) as const;

test('a category that a model takes as a number has the code of its cell', () => {
  const columns = {
    member: numbers(1, 0, Number.NaN),
    rate: numbers(1e-5, 0.1, 1e16),
    amount: numbers(1, 2, 3),
    other: numbers(1, 2, 3),
  };
  const declared = {
    member: category('boolean'),
    rate: category('number'),
    amount: columnSchema.parse({ type: 'number', kind: 'numeric' }),
  };
  expect(withCodes({ rowCount: 3, columns }, declared).columns).toEqual({
    member: { type: 'string', values: ['true', 'false', ''] },
    rate: { type: 'string', values: ['1e-5', '0.1', '1e16'] },
    amount: columns.amount,
    other: columns.other,
  });
});

test('a group is named by the code of its cell, whether a model takes it as text or as a number', () => {
  const texts = ['1', 'true', '0', 'false', ''];
  const names = new GroupNames({ column: 'member', labels: { true: 'members' }, rule: { type: 'boolean' } });
  expect(names.of(texts)).toEqual(['members', 'members', 'false', 'false', 'missing']);
  expect(new GroupNames({ column: 'member' }).of(texts)).toEqual(['1', 'true', '0', 'false', 'missing']);
});
