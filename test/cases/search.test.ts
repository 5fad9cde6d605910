import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import type { Ports } from '../../activities/ports.ts';
import { searchEvidenceSchema } from '../../contracts/evidence/search.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { Run } from '../../contracts/run/run.ts';
import type { SearchTrial, TrialOutcome } from '../../contracts/run/trial.ts';
import { csvOf, people, strangersProject, type StrangersProject } from './project.ts';

let project: StrangersProject;
beforeAll(async () => {
  project = await strangersProject({
    name: 'data.csv',
    content: csvOf(people(600).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)])),
  });
});
afterAll(() => project.close());

const act = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new MockActivityEnvironment().run<[I], O, (input: I) => Promise<O>>(activity, input);

/** What the workflow does, one trial at a time. */
async function searched(run: Run, ports: Ports = project.ports) {
  const { planSearch, trainTrial, judgeSearch, trainModel } = createActivities(ports);
  const snapshot = await project.snapshot(run);
  let trials: SearchTrial[] = [];
  let outcomes: TrialOutcome[] = [];
  const steps: (number | null)[] = [];
  for (;;) {
    const wave = await act(planSearch, { run, trials, outcomes, isLate: false });
    trials = wave.trials;
    if (wave.next.length === 0) break;
    outcomes = [];
    for (const step of wave.next) {
      steps.push(step.steps);
      outcomes.push(await act(trainTrial, { run, snapshot, step }));
    }
  }
  const judged = await act(judgeSearch, { run, trials });
  const chosen = { ...run, definition: judged.definition };
  return { judged, steps, snapshot, chosen, train: () => act(trainModel, { run: chosen, snapshot }) };
}

const trainer = { kind: 'gbdt', trees: 60, patience: 60, leaves: 7, minRows: 5 };
const ranges = { learningRate: { from: 0.01, to: 0.5, scale: 'log' }, leaves: { from: 2, to: 15 } };

test('a run goes on with the settings of the least validation loss, and trains them no second time', async () => {
  await project.define({ model: { trainer, search: { ranges, trials: 6, method: 'halving' } } });
  const run = await project.open();
  const { judged, steps, chosen, train } = await searched(run);
  expect(judged.status).toBe('pass');
  expect(steps).toEqual([7, 7, 7, 7, 7, 7, 20, 20, null]);
  const { store } = project.ports;
  const evidence = await loadDocument(store, searchEvidenceSchema, judged.evidence);
  const finished = evidence.trials.flatMap(({ index, end }) => (end?.kind === 'finished' ? [{ index, ...end }] : []));
  expect(finished.map(({ index }) => index)).toEqual([evidence.chosen]);
  const definition = await loadDocument(store, modelDefinitionSchema, chosen.definition);
  const [learningRate, leaves] = evidence.trials[evidence.chosen]!.values;
  expect(definition.trainer).toMatchObject({ learningRate, leaves, trees: 60 });
  expect(Number.isInteger(leaves)).toBe(true);

  const trained = await train();
  const { training } = await loadDocument(store, trainingEvidenceSchema, trained.evidence);
  expect(training!.settings).toMatchObject({ learningRate, leaves });
  // It went on from the last look of its trial.
  expect(training!.resumed.epoch).toBeGreaterThan(0);
  expect(training!.curve).toHaveLength(60);
  expect(training!.curve[training!.bestEpoch - 1]!.validationLoss).toBeCloseTo(finished[0]!.loss, 4);
});

test('equal searches try equal settings, and a trial that was broken off goes on', async () => {
  await project.define({ model: { trainer, search: { ranges, trials: 3 } } });
  const { store, trainer: real } = project.ports;
  const whole = await searched(await project.open());
  let broken = 0;
  const breaking: Ports = Object.assign(Object.create(project.ports), {
    trainer: {
      ...real,
      train: (job: Parameters<typeof real.train>[0], hooks: Parameters<typeof real.train>[1]) =>
        real.train(job, {
          ...hooks,
          async onEpoch(...heard: Parameters<typeof hooks.onEpoch>) {
            await hooks.onEpoch(...heard);
            if (heard[1] !== null && broken++ === 1) throw new Error('the worker is gone');
          },
        }),
    },
  });
  const run = await project.open();
  await expect(searched(run, breaking)).rejects.toThrow('the worker is gone');
  const again = await searched(run);
  const valuesOf = async (evidence: typeof again.judged.evidence) =>
    (await loadDocument(store, searchEvidenceSchema, evidence)).trials;
  expect(await valuesOf(again.judged.evidence)).toEqual(await valuesOf(whole.judged.evidence));
  expect((await again.train()).candidate).toEqual((await whole.train()).candidate);
});

test('no trial looks at a test row', async () => {
  await project.define({ model: { trainer, search: { ranges, trials: 2 } } });
  const { tables } = project.ports;
  const sides: string[] = [];
  const watching: Ports = Object.assign(Object.create(project.ports), {
    tables: {
      ...tables,
      readFrame: (job: Parameters<typeof tables.readFrame>[0], signal: AbortSignal) => {
        sides.push(job.split?.side ?? 'all');
        return tables.readFrame(job, signal);
      },
    },
  });
  await searched(await project.open(), watching);
  expect([...new Set(sides)].sort()).toEqual(['train', 'validation']);
});

test('settings that give no model are a fact about their trial, and a search without a model fails', async () => {
  await project.define({
    model: {
      trainer: { kind: 'network', epochs: 3, hidden: [4] },
      search: { ranges: { learningRate: { of: [0.01, 1e30] } }, method: 'random' },
    },
  });
  const { judged } = await searched(await project.open());
  const { trials, chosen } = await loadDocument(project.ports.store, searchEvidenceSchema, judged.evidence);
  expect(trials).toHaveLength(2);
  expect(trials[chosen]!.values).toEqual([0.01]);
  expect(trials.find(({ index }) => index !== chosen)!.end).toMatchObject({ kind: 'unusable' });

  await project.define({
    model: {
      trainer: { kind: 'network', epochs: 3, hidden: [4] },
      search: { ranges: { learningRate: { of: [1e29, 1e30] } }, method: 'random' },
    },
  });
  await expect(searched(await project.open())).rejects.toThrow(/none of 2 trials gave a model: /);
});

test.each([
  [{ kind: 'auto' }, { leaves: { from: 2, to: 15 } }, {}, 'trainer.kind is auto'],
  [trainer, { leafs: { from: 2, to: 15 } }, {}, 'did you mean leaves?'],
  [trainer, { kind: { of: ['gbdt', 'linear'] } }, {}, 'trainer gbdt has no setting "kind"'],
  [trainer, { leaves: { from: 15, to: 2 } }, {}, 'from must be below to'],
  [trainer, { l2: { from: 0, to: 2, scale: 'log' } }, {}, 'which has no logarithm'],
  [trainer, { leaves: { from: 1, to: 15 } }, {}, 'the trainer does not take 1'],
  [trainer, { leaves: { of: [7, 7] } }, {}, '7 is listed twice'],
  [
    { kind: 'graph', model: 'models/a.onnx' },
    { model: { of: ['models/a.onnx', 'models/b.onnx'] } },
    {},
    'a run keeps the files of one model',
  ],
  [
    { kind: 'command', folder: 'trainers', run: ['true'] },
    { 'parameters.depth': { from: 2, to: 9 } },
    { method: 'halving' },
    'nobody knows how many steps a program takes',
  ],
])('a search that cannot be is refused before a run: %o %o %o', async (kind, given, rest, words) => {
  await project.define({ model: { trainer: kind, search: { ranges: given, ...rest } } });
  await expect(project.open()).rejects.toThrow(words);
});
