import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { loadTrainedCodes } from '../../activities/support/load-trained-codes.ts';
import { csvOf, people, strangersProject, trained, type Definitions, type StrangersProject } from './project.ts';

let project: StrangersProject;
beforeEach(async () => {
  const rows = people(1500).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)]);
  project = await strangersProject({ name: 'data.csv', content: csvOf(rows) });
});
afterEach(() => project.close());

/** A first version that takes age, plan and amount. */
async function champion(): Promise<number> {
  await project.define();
  const { run, snapshot, candidate, evidence } = await trained(project);
  return project.register(run, candidate, snapshot, evidence);
}

test.each<[string, Definitions]>([
  ['fewer features', { model: { features: ['age', 'plan'] } }],
  [
    'more features',
    {
      columns: { other: { type: 'integer', kind: 'numeric' } },
      model: { features: ['age', 'plan', 'amount', 'other'] },
    },
  ],
  ['a feature of another kind', { columns: { age: { type: 'integer', kind: 'categorical' } } }],
])('a candidate with %s is compared with the champion on the same rows', async (_, definitions) => {
  const version = await champion();
  const rows = people(1500).map(({ id, age, plan, amount, churned }) => [
    id,
    age,
    plan,
    amount,
    Number(churned),
    id % 7,
  ]);
  await writeFile(project.data, csvOf(rows).replace('churned', 'churned,other'));
  await project.define({
    ...definitions,
    model: { quality: { resamples: 100, require: 'freshness', margins: { auc: 0.5 } }, ...definitions.model },
  });
  const { quality, run, snapshot, candidate } = await trained(project, version);
  expect(quality.incomparable).toBeNull();
  expect(quality.differences.map(({ metric }) => metric)).toContain('auc');
  expect(quality.championMetrics?.auc).toBeGreaterThan(0.8);
  // The champion answers as it did before its features were dropped from the definition.
  expect((await project.evaluate(run, candidate, snapshot)).championMetrics).toEqual(quality.championMetrics);
});

test('the evidence of training tells the codes that the model knows, as they were written', async () => {
  const rows = people(1500).map(({ id, age, amount, churned }) => [
    id,
    age,
    `${(id % 3) + 1}.0`,
    amount,
    Number(churned),
  ]);
  await writeFile(project.data, csvOf(rows));
  await project.define();
  const { evidence } = await trained(project);
  expect(await loadTrainedCodes(project.ports.store, evidence)).toEqual({ plan: ['1.0', '2.0', '3.0'] });
});

test('a champion whose column is gone holds the gate for a person, who is told why', async () => {
  const version = await champion();
  const rows = people(1500).map(({ id, age, plan, churned }) => [id, age, plan, Number(churned)]);
  await writeFile(project.data, csvOf(rows).replace('amount,', ''));
  await project.define({ columns: { amount: null }, model: { features: ['age', 'plan'] } });
  const { quality } = await trained(project, version);
  expect(quality.verdict.status).toBe('inconclusive');
  expect(quality.verdict.checks.find(({ name }) => name === 'champion.comparison')?.message).toBe(
    `version ${version}, the champion, cannot be compared: the data no longer have its column amount: a person must approve this version`,
  );
  expect(quality.championMetrics).toBeNull();
});

test('a definition that turned the labels around compares probabilities of the same label', async () => {
  const version = await champion();
  await project.define({
    model: { positive: 0, quality: { resamples: 100, require: 'freshness', margins: { auc: 0.5 } } },
  });
  const { quality } = await trained(project, version);
  expect(quality.incomparable).toBeNull();
  expect(quality.championMetrics?.auc).toBeGreaterThan(0.8);
});
