import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { partsOfStage, type ReusableStage } from '../../contracts/run/job.ts';
import { csvOf, people, strangersProject, type StrangersProject } from './project.ts';

/** The parts of the definition that were read while it was watched. */
const read = vi.hoisted(() => new Set<string>());
vi.mock('../../activities/support/labelled-rows.ts', async (original) => {
  const real = await original<typeof import('../../activities/support/labelled-rows.ts')>();
  return {
    ...real,
    async loadPinned(...given: Parameters<typeof real.loadPinned>) {
      const pinned = await real.loadPinned(...given);
      read.clear();
      const definition = new Proxy(pinned.definition, {
        get(target, part, self) {
          if (typeof part === 'string') read.add(part);
          return Reflect.get(target, part, self) as unknown;
        },
      });
      return { ...pinned, definition };
    },
  };
});

let project: StrangersProject;
beforeAll(async () => {
  project = await strangersProject({
    name: 'data.csv',
    content: csvOf(people(400).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)])),
  });
});
afterAll(() => project.close());

const act = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new MockActivityEnvironment().run<[I], O, (input: I) => Promise<O>>(activity, input);

const wholeParts = ['model', 'dataset', 'then', 'toJSON'];

test.each(Object.keys(partsOfStage).filter((stage) => stage !== 'folds') as ReusableStage[])(
  'the stage %s reads no part of the definition that it does not declare',
  async (stage) => {
    await project.define({
      dataset: { sensitive: [{ column: 'plan' }] },
      model: { fairness: { attributes: { plan: { maxGroupLoss: 0.5 } } }, quality: { slices: ['plan'] } },
    });
    const run = await project.open();
    const snapshot = await project.snapshot(run);
    const { trainModel, evaluateModel, assessFairness, explainModel, optimizeModel } = createActivities(project.ports);
    const { candidate } = await act(trainModel, { run, snapshot });
    const seen = (): string[] => [...read].filter((part) => !wholeParts.includes(part));
    const declared: readonly string[] = partsOfStage[stage];
    if (stage !== 'train') {
      const by = { quality: evaluateModel, fairness: assessFairness, explain: explainModel, optimize: optimizeModel };
      await act(by[stage as 'quality'], { run, candidate, snapshot });
    }
    expect(seen().length).toBeGreaterThan(0);
    expect(seen().filter((part) => !declared.includes(part))).toEqual([]);
  },
);

test('folds read no part of the definition that they do not declare', async () => {
  await project.define({ model: { quality: { folds: 2 } } });
  const run = await project.open();
  const snapshot = await project.snapshot(run);
  const { trainFold } = createActivities(project.ports);
  await act(trainFold, { run, snapshot, fold: { index: 0, of: 2 } });
  expect([...read].filter((part) => ![...partsOfStage.folds, ...wholeParts].includes(part as never))).toEqual([]);
});
