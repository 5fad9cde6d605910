import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import type { QualityEvidence } from '../../contracts/evidence/quality.ts';
import { logisticRegression } from './models.ts';
import { people, strangersProject, type StrangersProject } from './project.ts';

const header = 'id,person,age,plan,amount,weight,churned';
const weightOf = (id: number): number => id % 4;
const lines = people(400).map(({ id, age, plan, amount, churned }) => ({
  id,
  cells: `${age},${plan},${amount}`,
  label: Number(churned),
}));
/** Each row once with its weight, and each row as often as it weighs. */
const weighed = [header, ...lines.map(({ id, cells, label }) => `${id},${id},${cells},${weightOf(id)},${label}`)].join(
  '\n',
);
const written = [
  header,
  ...lines.flatMap(({ id, cells, label }) =>
    Array.from({ length: weightOf(id) }, (_, copy) => `${10_000 * (copy + 1) + id},${id},${cells},1,${label}`),
  ),
].join('\n');

const columns = { person: { type: 'integer', kind: 'carried' }, weight: { type: 'number', kind: 'carried' } };
const split = { by: 'group', group: 'person', test: 0.5 };

let projects: StrangersProject[];
beforeAll(async () => {
  projects = await Promise.all([weighed, written].map((content) => strangersProject({ name: 'data.csv', content })));
});
afterAll(() => Promise.all(projects.map((project) => project.close())));

/** The evidence of an imported model, which is the same for all weights. */
async function judged(project: StrangersProject, model: Record<string, unknown>): Promise<QualityEvidence> {
  await project.define({ columns, model: { split, ...model } });
  const run = { ...(await project.open()), imported: await project.ports.store.putBlob(logisticRegression()) };
  const snapshot = await project.snapshot(run);
  const { candidate } = await project.train(run, snapshot);
  return project.evaluate(run, candidate, snapshot);
}

test('a row that weighs three times counts as three rows, in metrics, slices, and the constant beside them', async () => {
  const quality = { slices: ['plan'], resamples: 50 };
  const [one, other] = await Promise.all([
    judged(projects[0]!, { weight: 'weight', quality }),
    judged(projects[1]!, { quality }),
  ]);
  const same = (found: QualityEvidence['candidate'], wanted: QualityEvidence['candidate']): void => {
    for (const [name, value] of Object.entries(wanted))
      // The bias of bins is corrected by the number of rows.
      if (name !== 'ece')
        expect([name, found[name as 'auc']]).toEqual([name, value === null ? null : expect.closeTo(value, 10)]);
  };
  expect([one.weight, other.weight]).toEqual(['weight', undefined]);
  expect(one.rows).toBeLessThan(other.rows);
  same(one.candidate, other.candidate);
  same(one.baseline?.metrics ?? {}, other.baseline?.metrics ?? {});
  expect(one.baseline?.answer).toBe(other.baseline?.answer);
  expect(one.slices).toHaveLength(3);
  for (const { value, metrics } of one.slices)
    same(metrics, other.slices.find((slice) => slice.value === value)?.metrics ?? {});
  expect(one.candidate).not.toEqual((await judged(projects[0]!, { quality })).candidate);
});

test('a run trains by the weights', async () => {
  const [project] = projects;
  const trained = async (model: Record<string, unknown>) => {
    await project!.define({ columns, model: { split, ...model } });
    const run = await project!.open();
    return (await project!.train(run, await project!.snapshot(run))).candidate.model;
  };
  expect(await trained({ weight: 'weight' })).not.toBe(await trained({}));
  expect(await trained({ weight: 'weight' })).toBe(await trained({ weight: 'weight' }));
});

test.each([
  ['is missing or below 0 in 1 of 4', [1, '', 2, 3]],
  ['is missing or below 0 in 2 of 4', [-1, 2, -3, 1]],
  ['is 0 in all 4', [0, 0, 0, 0]],
])('a column of weights that %s is refused', async (words, weights) => {
  const rows = Array.from({ length: 4 }, (_, i) => `${i},${i},${30 + i},basic,5,${weights[i]},${i % 2}`);
  const project = await strangersProject({ name: 'data.csv', content: [header, ...rows].join('\n') });
  try {
    const nullable = { ...columns, weight: { ...columns.weight, nullable: true } };
    await project.define({
      columns: nullable,
      model: { weight: 'weight', split: { by: 'stratified', test: 0.9, validation: 0.05 } },
    });
    const run = { ...(await project.open()), imported: await project.ports.store.putBlob(logisticRegression()) };
    const snapshot = await project.snapshot(run);
    const { candidate } = await project.train(run, snapshot);
    const input = { run, candidate, snapshot };
    await expect(
      new MockActivityEnvironment().run(createActivities(project.ports).evaluateModel, input),
    ).rejects.toThrow(`column "weight" is the weight of rows, and ${words}`);
  } finally {
    await project.close();
  }
});

test.each([
  ['wieght', 'weight: there is no column "wieght"'],
  ['churned', 'weight: "churned" is the target of the dataset'],
  ['plan', 'weight: "plan" is of type string: name a column of numbers'],
  ['amount', 'weight: "amount" is a feature, and requests have no weight'],
])('a definition whose weight is %s is refused', async (weight, words) => {
  const [project] = projects;
  await project!.define({ columns, model: { weight } });
  await expect(project!.open()).rejects.toThrow(words);
});
