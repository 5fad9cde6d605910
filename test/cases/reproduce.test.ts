import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { saveDocument } from '../../activities/support/documents.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { learnable } from './learnable.ts';
import { csvOf, strangersProject, trained, type StrangersProject } from './project.ts';

const network = { kind: 'network', hidden: [8], epochs: 4, learningRate: 0.01 };

describe.each(['regression', 'multiclass'])('a version of task %s that is trained again', (task) => {
  let project: StrangersProject;
  let first: Awaited<ReturnType<typeof trained>>;
  beforeAll(async () => {
    const { rows, definition } = learnable[task]!;
    project = await strangersProject({ name: 'data.csv', content: csvOf(rows()) });
    await project.define({ ...definition, model: { ...definition.model, trainer: network } });
    first = await trained(project);
    await project.register(first.run, first.candidate, first.snapshot, first.evidence);
  });
  afterAll(() => project?.close());

  const activities = () => createActivities(project.ports);
  const open = () => {
    const { openReproduction } = activities();
    const input = { model: 'churn', version: 1 };
    return new MockActivityEnvironment().run<
      [typeof input],
      Awaited<ReturnType<typeof openReproduction>>,
      typeof openReproduction
    >(openReproduction, input);
  };
  const again = async (over: Record<string, unknown> = {}) => {
    const opened = await open();
    const { definition } = first.run;
    const run = Object.keys(over).length === 0 ? opened.run : { ...opened.run, definition: await redefined(over) };
    expect(opened.run.definition).toBe(definition);
    const { candidate, evidence: training } = await project.train(run, opened.snapshot);
    const { compareTraining } = activities();
    const input = { run: opened.run, version: 1, snapshot: opened.snapshot, candidate, training };
    return new MockActivityEnvironment().run<
      [typeof input],
      Awaited<ReturnType<typeof compareTraining>>,
      typeof compareTraining
    >(compareTraining, input);
  };
  async function redefined(trainer: Record<string, unknown>) {
    const found = await project.ports.definitions.model('churn');
    return saveDocument(project.ports.store, modelDefinitionSchema, {
      ...found,
      trainer: { ...network, ...trainer },
    } as never);
  }

  test('gives the same bytes', async () => {
    const { reproduction } = await again();
    expect(reproduction).toMatchObject({ agreement: 'bytes', weights: 0, predictions: 0 });
    expect(reproduction.environment).toEqual({ code: { recorded: 'test', now: project.ports.code } });
    expect(reproduction.metric.recorded).toBe(reproduction.metric.trained);
    expect(reproduction.rows).toBeGreaterThan(400);
  });

  test('with other settings says how far apart the two are', async () => {
    const far = (await again({ epochs: 1, learningRate: 0.0001 })).reproduction;
    expect(far.agreement).toBe('nothing');
    expect(far.weights).toBeGreaterThan(0.1);
    expect(far.predictions).toBeGreaterThan(0.1);
    const other = (await again({ hidden: [9] })).reproduction;
    expect(other.weights).toBeNull();
  });
});
