import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import { createRandom } from '../../ml/random.ts';
import { allGates } from './all-gates.ts';
import { csvOf, strangersProject, trained, type Definitions, type StrangersProject } from './project.ts';

const rows = 3_000;
const plans = ['basic', 'plus', 'pro'] as const;

/** People whose amount is 3 a year and 30 a plan, give or take 10; the plan is by age, but for one in ten, and churn is by both. */
function people(): unknown[][] {
  const random = createRandom(4);
  return Array.from({ length: rows }, (_, id) => {
    const age = random.next() < 0.05 ? null : 18 + random.integer(70);
    const usual = (age ?? 50) < 40 ? 0 : (age ?? 50) < 65 ? 1 : 2;
    const plan = random.next() < 0.1 ? random.integer(3) : usual;
    const amount = 3 * (age ?? 20) + 30 * plan + 10 * random.normal();
    const churned = random.next() < (plan === 1 ? 0.9 : 0.1) ? 1 : 0;
    return [id + 1, age, plans[plan], amount, churned];
  });
}

/** Searches of eight rows, by `churned`: the grade, 0 to 3, is by the age and the plan. */
function searches(): unknown[][] {
  const random = createRandom(5);
  return Array.from({ length: 4_800 }, (_, id) => {
    const age = 18 + random.integer(70);
    const plan = random.integer(3);
    const grade = Math.max(0, Math.min(3, Math.round(age / 30 + plan / 2 - 1 + 0.5 * random.normal())));
    return [id + 1, age, plans[plan], grade, Math.floor(id / 8)];
  });
}

const trainer = { kind: 'gbdt', trees: 120, learningRate: 0.1, leaves: 8 };
const carried = { type: 'integer', kind: 'carried' };
const age = { type: 'integer', kind: 'numeric', nullable: true };
const common = { trainer, fairness: { attributes: {} } };

const definitions: Readonly<Record<string, { rows: () => unknown[][]; definition: Definitions }>> = {
  binary: {
    rows: people,
    definition: {
      columns: { age },
      model: { ...common, features: ['age', 'plan'], quality: { resamples: 100, limits: { auc: 0.85 } } },
    },
  },
  multiclass: {
    rows: people,
    definition: {
      dataset: { target: 'plan' },
      columns: { age, churned: carried, plan: { type: 'string', kind: 'target', allowed: [...plans] } },
      model: { ...common, features: ['age', 'amount'], quality: { resamples: 100, limits: { accuracy: 0.85 } } },
    },
  },
  regression: {
    rows: people,
    definition: {
      dataset: { target: 'amount' },
      columns: { age, churned: carried, amount: { type: 'number', kind: 'target' } },
      model: {
        ...common,
        features: ['age', 'plan'],
        trainer: { ...trainer, monotone: { age: 'rising' } },
        quality: { resamples: 100, limits: { r2: 0.9 } },
      },
    },
  },
  quantile: {
    rows: people,
    definition: {
      dataset: { target: 'amount' },
      columns: { age, churned: carried, amount: { type: 'number', kind: 'target' } },
      model: {
        ...common,
        features: ['age', 'plan'],
        quantile: [0.1, 0.5, 0.9],
        quality: { resamples: 100, limits: { coverage: 0.7, pinball: 4 } },
      },
    },
  },
  ranking: {
    rows: searches,
    definition: {
      dataset: { target: 'amount' },
      columns: { churned: carried, amount: { type: 'integer', kind: 'target' } },
      model: {
        ...common,
        features: ['age', 'plan'],
        query: 'churned',
        split: { by: 'group', group: 'churned' },
        quality: { resamples: 100, limits: { ndcg: 0.8 } },
      },
    },
  },
};

describe.each(Object.entries(definitions))('trees of task %s', (task, { rows: made, definition }) => {
  let project: StrangersProject;
  let found: Awaited<ReturnType<typeof allGates>>;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(made()) });
    await project.define(definition);
    found = await allGates(project);
  });
  afterAll(() => project?.close());

  test('learn what there is to learn, and pass the gates', () => {
    expect(found.quality.task).toBe(task);
    expect(found.quality.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(found.quality.verdict.checks.filter(({ status }) => status !== 'pass').map(({ name }) => name)).toEqual([
      'champion.comparison',
    ]);
    expect(found.optimization.verdict.status).not.toBe('fail');
  });

  test('are the same bytes a second time, and their evidence says how they were grown', async () => {
    const again = await trained(project);
    expect(again.candidate.model).toBe(found.candidate.model);
    const { training } = await loadDocument(project.ports.store, trainingEvidenceSchema, again.evidence);
    expect(training).toMatchObject({ settings: { kind: 'gbdt', trees: 120 }, provider: 'cpu' });
    expect(training!.curve).toHaveLength(Math.min(120, training!.bestEpoch + 30));
  });
});

describe('a definition of trees', () => {
  let project: StrangersProject;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(people()) });
  });
  afterAll(() => project?.close());

  test.each([
    ['plan', 'rising', /trainer.monotone: "plan" is categorical, and its values have no order/],
    ['amount', 'falling', /trainer.monotone: "amount" is not a feature/],
    ['age', 'up', /trainer.monotone.age/],
  ])('is refused where it is monotone in %s as %s', async (column, direction, message) => {
    await project.define({
      columns: { age },
      model: { ...common, features: ['age', 'plan'], trainer: { kind: 'gbdt', monotone: { [column]: direction } } },
    });
    await expect(project.open()).rejects.toThrow(message);
  });

  test('is refused where a setting is another trainer’s, by name', async () => {
    await project.define({ model: { ...common, features: ['age'], trainer: { kind: 'gbdt', epochs: 3 } } });
    await expect(project.open()).rejects.toThrow(
      /unknown key "trainer.epochs": kind: gbdt has no "epochs"; known are kind, trees/,
    );
  });
});
