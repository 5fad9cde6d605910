import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import { allGates, expectAllPassed } from './all-gates.ts';
import { age, learnable, learnablePeople } from './learnable.ts';
import { csvOf, strangersProject, trained, type StrangersProject } from './project.ts';

const trainer = { kind: 'gbdt', trees: 120, learningRate: 0.1, leaves: 8 };
const common = { trainer, fairness: { attributes: {} } };
const monotone = { age: 'rising' };

describe.each(Object.entries(learnable))('trees of task %s', (task, { rows: made, definition }) => {
  let project: StrangersProject;
  let found: Awaited<ReturnType<typeof allGates>>;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(made()) });
    await project.define({
      ...definition,
      model: { ...definition.model, trainer: task === 'regression' ? { ...trainer, monotone } : trainer },
    });
    found = await allGates(project);
  });
  afterAll(() => project?.close());

  test('learn what there is to learn, and pass the gates', () => {
    expectAllPassed(found, task);
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
    project = await strangersProject({ name: 'data.csv', content: csvOf(learnablePeople()) });
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
