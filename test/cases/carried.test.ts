import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { csvOf, people, strangersProject, trained, type StrangersProject } from './project.ts';

const csvWith = (year: number): string =>
  csvOf(
    people(800).map(({ id, age, plan, amount, churned }) => [
      id,
      age,
      plan,
      amount,
      Number(churned),
      `${year}-01-0${1 + (id % 9)}`,
    ]),
  ).replace('churned', 'churned,delivered');

let project: StrangersProject;
beforeAll(async () => {
  project = await strangersProject({ name: 'data.csv', content: csvWith(2024) });
});
afterAll(() => project.close());

test('a date that no model reads is carried: neither warned of nor looked at for drift, and checked all the same', async () => {
  await project.define({ columns: { delivered: { type: 'timestamp', kind: 'carried' } } });
  const first = await trained(project);
  expect(first.data.verdict.checks.find(({ name }) => name === 'columns.unexpected')?.status).toBe('pass');
  const version = await project.register(first.run, first.candidate, first.snapshot, first.evidence);
  await writeFile(project.data, csvWith(2030).replace('2030-01-01', 'soon'));
  const run = await project.open(version);
  const { verdict, drift } = await project.check(run, await project.snapshot(run));
  expect(drift.map(({ column }) => column).toSorted()).toEqual(['age', 'amount', 'churned', 'plan']);
  expect(verdict.checks.filter(({ status }) => status !== 'pass').map(({ name }) => name)).toEqual(['delivered.type']);
});

test('a column that nobody declared is warned of, with the way to carry it', async () => {
  await project.define();
  const run = await project.open();
  const { verdict } = await project.check(run, await project.snapshot(run));
  expect(verdict.checks.find(({ name }) => name === 'columns.unexpected')).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('delivered; they are not used: declare them in dataset.yaml, with kind: carried'),
  });
});

test('a feature cannot be carried', async () => {
  await project.define({ columns: { age: { type: 'integer', kind: 'carried' } } });
  await expect(project.open()).rejects.toThrow('feature "age" is of kind carried: write kind: numeric or categorical');
});
