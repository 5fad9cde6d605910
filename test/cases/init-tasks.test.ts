import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { patience } from '../support/patience.ts';
import { pawl } from '../support/pawl.ts';
import { people, strangersProject, trained, type Person, type StrangersProject } from './project.ts';

let project: StrangersProject;
afterEach(() => project.close());

const csv = (cellsOf: (person: Person) => Readonly<Record<string, unknown>>): string => {
  const rows = people(560).map(cellsOf);
  return `${[Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))].map((line) => line.join(',')).join('\n')}\n`;
};

async function init(content: string, target: string) {
  project = await strangersProject({ name: 'rows.csv', content });
  const env = { ...process.env, PAWL_PROJECT: project.folder, PAWL_HOME: join(project.folder, 'home') };
  return pawl(['init', project.data, '--target', target, '--name', 'churn'], env);
}

const searches = people(800).map(({ id, age, plan, amount, churned }) => ({
  id,
  search_id: Math.floor(id / 8),
  age,
  plan,
  amount,
  grade: Math.floor((age + amount) / 50),
  clicked: Number(churned),
}));
const searchCsv = (target: 'grade' | 'clicked'): string => {
  const lines = searches.map(({ grade, clicked, ...row }) => [...Object.values(row), { grade, clicked }[target]]);
  return `id,search_id,age,plan,amount,${target}\n${lines.map((line) => line.join(',')).join('\n')}\n`;
};

describe('the task that pawl init guesses', { timeout: patience(120_000) }, () => {
  test.each(['grade', 'clicked'] as const)(
    'says how to choose a ranking by %s, so that the run works',
    async (target) => {
      const { stdout } = await init(searchCsv(target), target);
      expect(stdout).toContain('write task: ranking, query: search_id and split: { by: group, group: search_id }');
      const path = join(project.folder, 'models', 'churn.yaml');
      const text = (await readFile(path, 'utf8'))
        .replace(/^task: .*$/m, 'task: ranking\nquery: search_id')
        .replace(/^positive: .*\n/m, '')
        .replace(/^split: .*$/m, 'split: { by: group, group: search_id }');
      await writeFile(path, text);
      const { data, quality } = await trained(project);
      expect(data.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
      expect(quality.task).toBe('ranking');
      expect(quality.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
    },
  );

  test('says how whole numbers are classes, so that the run works', async () => {
    const content = csv(({ id, plan, amount }) => ({ id, plan, amount, level: Math.floor(amount / 41) }));
    const { stdout } = await init(content, 'level');
    expect(stdout).toContain("write task: multiclass here, and allowed: ['0', '1', '2'] of level in dataset.yaml");
    const [model, dataset] = ['models/churn.yaml', 'datasets/churn/dataset.yaml'].map((path) =>
      join(project.folder, path),
    );
    await writeFile(model!, (await readFile(model!, 'utf8')).replace('task: regression', 'task: multiclass'));
    const declared = (await readFile(dataset!, 'utf8')).replace(
      'kind: target',
      "kind: target, allowed: ['0', '1', '2']",
    );
    await writeFile(dataset!, declared);
    const { data, quality } = await trained(project);
    expect(quality.task).toBe('multiclass');
    for (const { verdict } of [data, quality])
      expect(verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
  });

  test('names infinite numbers of the target, and how many classes are too many', async () => {
    const infinite = csv((person) => ({ ...person, amount: person.id % 100 === 7 ? 'inf' : person.amount }));
    const { code, stderr } = await init(infinite, 'amount');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'the target "amount" has numbers, but 6 of 560 values are not numbers that a model can take ("inf"): correct these cells',
    );
    await project.close();
    const cities = csv((person) => ({ ...person, city: `city ${person.id % 100}` }));
    expect((await init(cities, 'city')).stderr).toContain(
      'the target "city" has 100 different texts, and a model is proposed for at most 20: write one text, such as "other"',
    );
  });
});
