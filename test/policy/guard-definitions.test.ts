import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { guardNames } from '../../contracts/release/guards-policy.ts';
import { allGuards } from '../../policy/release/guards/index.ts';
import { guardTable } from './guard-table.ts';

test('each name that a policy may have a rule for has one definition', () => {
  expect(allGuards.map(({ name }) => name).toSorted()).toEqual(guardNames.toSorted());
});

test('weights of guards that are always in force add up to 1, so that each is a part of alpha', () => {
  const weights = allGuards.flatMap(({ defaultWeight, docs }) => (docs.setting === undefined ? [defaultWeight] : []));
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
});

test('the table of guards in docs/releases.md says what the definitions say', async () => {
  const page = await readFile(new URL('../../docs/releases.md', import.meta.url), 'utf8');
  const [, table = ''] = page.split('| guard | evidence | null hypothesis, test |\n|---|---|---|\n');
  expect(table.split('\n\n')[0]?.split('\n')).toEqual(guardTable(allGuards));
});
