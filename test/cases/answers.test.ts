import { afterEach, beforeEach, expect, test } from 'vitest';
import { csvOf, people, strangersProject, type StrangersProject } from './project.ts';
import { logisticRegression, type ForeignOptions } from './models.ts';

let project: StrangersProject;
beforeEach(async () => {
  const rows = people(1500).map(({ id, age, plan, amount, churned }) => [
    id,
    id % 10 === 0 ? '' : age,
    plan,
    amount,
    Number(churned),
  ]);
  project = await strangersProject({ name: 'data.csv', content: csvOf(rows) });
  await project.define({
    columns: { age: { type: 'integer', kind: 'numeric', nullable: true } },
    model: { data: { maxNullShare: 0.2 } },
  });
});
afterEach(() => project.close());

async function judged(options: ForeignOptions) {
  const imported = await project.ports.store.putBlob(logisticRegression(options));
  const run = { ...(await project.open()), imported };
  const snapshot = await project.snapshot(run);
  const { candidate } = await project.train(run, snapshot);
  return project.evaluate(run, candidate, snapshot);
}

test('a model that answers NaN for missing values gets a verdict that counts the rows', async () => {
  const { verdict, faults, rows, candidate, roc } = await judged({});
  expect(verdict.status).toBe('fail');
  expect(faults.notFinite).toBeGreaterThan(rows / 20);
  expect(faults.notFinite).toBeLessThan(rows / 5);
  expect(verdict.checks.find(({ status }) => status === 'fail')).toMatchObject({
    name: 'probabilities.valid',
    observed: faults.notFinite,
    message: expect.stringContaining(
      `${faults.notFinite} of ${rows} rows got no valid probabilities: ${faults.notFinite} are NaN`,
    ),
  });
  expect(candidate).toMatchObject({ auc: null, logLoss: null });
  expect(roc).toEqual([]);
});

test('a model that answers scores is refused before it is judged, with what they are', async () => {
  await expect(judged({ end: 'logit' })).rejects.toThrow(/probabilities of made-up rows lie outside \[0, 1\] \(-/);
});

test('a model that answers labels of its own is refused, with the labels that are known', async () => {
  await expect(judged({ labels: [1, 2] })).rejects.toThrow(/answers the label "2", and "churned" knows 0 and 1/);
});

test('a model whose probabilities are in the other order is refused', async () => {
  await project.define({ columns: { age: { type: 'integer', kind: 'numeric', nullable: true, max: 1000 } } });
  const clean = await strangersProject({
    name: 'data.csv',
    content: csvOf(people(1500).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)])),
  });
  await project.close();
  project = clean;
  await project.define();
  const { verdict, faults } = await judged({ order: 'positive first' });
  expect(faults.labelAgreement).toBeLessThan(0.01);
  expect(verdict.checks.find(({ name }) => name === 'labels.agree')).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('must be in the order negative, positive'),
  });
});
