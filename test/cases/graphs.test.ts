import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDocument } from '../../activities/support/documents.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import { untrained } from '../training/people-graph.ts';
import { allGates, expectAllPassed } from './all-gates.ts';
import { learnable, learnablePeople } from './learnable.ts';
import { csvOf, strangersProject, trained, type StrangersProject } from './project.ts';

const plans = ['basic', 'plus', 'pro'];
const model = 'models/network.onnx';
const trainer = { kind: 'graph', model, epochs: 60, learningRate: 0.02, patience: 10 };

/** By task, what the file of a network that nobody trained for it answers, and how many values it gives. */
const files: Readonly<Record<string, { output: string; outputs: number }>> = {
  binary: { output: 'logits', outputs: 1 },
  multiclass: { output: 'logits', outputs: 3 },
  regression: { output: 'prediction', outputs: 1 },
  quantile: { output: 'quantiles', outputs: 3 },
  ranking: { output: 'prediction', outputs: 1 },
};

const fileOf = (task: string, features: readonly string[]): Uint8Array => {
  const { output, outputs } = files[task]!;
  return untrained({
    features: features.map((name) => ({ name, isText: name === 'plan' })),
    texts: plans,
    scales: { amount: [200, 80] },
    outputs,
    answer: (g, values) => {
      const answers = output === 'logits' ? values : g.node('Mul', [values, g.scalar('unit', 100)]);
      g.output(answers, 'float32', ['rows', outputs], output);
    },
  });
};

describe.each(Object.entries(learnable))('a model from elsewhere for task %s', (task, { rows: made, definition }) => {
  let project: StrangersProject;
  let found: Awaited<ReturnType<typeof allGates>>;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(made()) });
    const features = definition.model?.features as string[];
    await writeFile(join(project.folder, model), fileOf(task, features));
    await project.define({ ...definition, model: { ...definition.model, trainer } });
    found = await allGates(project);
  });
  afterAll(() => project?.close());

  test('learns what there is to learn, and passes the gates', () => {
    expectAllPassed(found, task);
  });

  test('is the same bytes a second time, although its file has changed since the run was opened', async () => {
    const { training } = await loadDocument(project.ports.store, trainingEvidenceSchema, found.evidence);
    expect(training).toMatchObject({ settings: { kind: 'graph', model }, provider: 'cpu' });
    const run = await project.open();
    await writeFile(join(project.folder, model), 'another');
    const again = await project.train(run, await project.snapshot(run));
    expect(again.candidate.model).toBe(found.candidate.model);
  });
});

describe('a definition of trainer graph', () => {
  let project: StrangersProject;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(learnablePeople()) });
  });
  afterAll(() => project?.close());

  test.each([
    ['models/none.onnx', /trainer.model: models\/none.onnx is not a file: correct it, or add the model/],
    ['../outside.onnx', /trainer.model: ..\/outside.onnx is not a file in the project: move it there/],
  ])('is refused where its model is %s', async (path, message) => {
    await project.define({ model: { trainer: { kind: 'graph', model: path } } });
    await expect(project.open()).rejects.toThrow(message);
  });

  test('is refused where its model does not fit the columns, with the reasons', async () => {
    await writeFile(join(project.folder, model), fileOf('binary', ['plan', 'height', 'weight']));
    await project.define({ model: { trainer } });
    await expect(trained(project)).rejects.toThrow(
      /the model that the trainer takes does not fit "churn": its inputs "height", "weight" are not features/,
    );
  });
});
