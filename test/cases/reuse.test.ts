import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import type { Run } from '../../contracts/run/run.ts';
import { csvOf, people, strangersProject, type StrangersProject } from './project.ts';

let project: StrangersProject;
beforeAll(async () => {
  project = await strangersProject({
    name: 'data.csv',
    content: csvOf(people(400).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)])),
  });
  await project.define();
});
afterAll(() => project.close());

const act = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new MockActivityEnvironment().run<[I], O, (input: I) => Promise<O>>(activity, input);

/** A run that may reuse what others did. */
async function open(changes: Partial<Run> = {}): Promise<Run> {
  const { cache: _, ...run } = await project.open();
  return { ...run, ...changes };
}

const activities = () => createActivities(Object.assign(Object.create(project.ports), { code: 'git:abc' }));

const judging = ['quality', 'fairness', 'explain', 'optimize'] as const;

/** The stages of a run that may be reused, and the runs that did them; undefined where it did them itself. */
async function stagesOf(run: Run): Promise<Record<string, string | undefined> & { models?: never }> {
  const { trainModel, evaluateModel, assessFairness, explainModel, optimizeModel } = activities();
  const snapshot = await project.snapshot(run);
  const trained = await act(trainModel, { run, snapshot });
  const input = { run, candidate: trained.candidate, snapshot };
  const [quality, fairness, explain, optimize] = [
    await act(evaluateModel, input),
    await act(assessFairness, input),
    await act(explainModel, input),
    await act(optimizeModel, input),
  ];
  return {
    train: trained.from,
    quality: quality.from,
    fairness: fairness.from,
    explain: explain.from,
    optimize: optimize.from,
  };
}

const nobody = { train: undefined, quality: undefined, fairness: undefined, explain: undefined, optimize: undefined };

test('work whose inputs are the same is done once, and each later run names the run that did it', async () => {
  await project.define();
  const first = await open({ seed: 11 });
  expect(await stagesOf(first)).toEqual(nobody);
  const second = await open({ seed: 11 });
  expect(await stagesOf(second)).toEqual({
    train: first.id,
    ...Object.fromEntries(judging.map((stage) => [stage, first.id])),
  });
  // A retry of the run that did the work is not another run.
  expect(await stagesOf(first)).toEqual(nobody);
});

test('what depends on a change is done again, and nothing else', async () => {
  await project.define();
  const first = await open({ seed: 12 });
  await stagesOf(first);
  const by = (own: readonly string[]): Record<string, string | undefined> =>
    Object.fromEntries(['train', ...judging].map((stage) => [stage, own.includes(stage) ? undefined : first.id]));
  const changed = async (model: Record<string, unknown>) => {
    await project.define({ model: { ...model } });
    return stagesOf(await open({ seed: 12 }));
  };
  expect(await changed({ approval: { require: 'never' }, description: 'another' })).toEqual(by([]));
  expect(await changed({ fairness: { minGroupRows: 7 } })).toEqual(by(['fairness', 'optimize']));
  expect(await changed({ quality: { resamples: 60 } })).toEqual(by(judging));
  expect(await changed({ optimize: { variants: ['dynamicInt8'] } })).toEqual(by(['optimize']));
  expect(await changed({ threshold: 0.4 })).toEqual(nobody);
  await project.define();
  expect(await stagesOf(await open({ seed: 99 }))).toEqual(nobody);
  expect(await stagesOf(await open({ seed: 12, cache: false }))).toEqual(nobody);
});

test('code with changes that no revision names reuses nothing of another run', async () => {
  await project.define();
  const { trainModel } = createActivities(Object.assign(Object.create(project.ports), { code: 'git:abc+changes' }));
  const [one, two] = [await open({ seed: 13 }), await open({ seed: 13 })];
  const snapshot = await project.snapshot(one);
  expect((await act(trainModel, { run: one, snapshot })).from).toBeUndefined();
  expect((await act(trainModel, { run: two, snapshot })).from).toBeUndefined();
});

test('a result whose files are gone is made again', async () => {
  await project.define();
  const first = await open({ seed: 14 });
  const snapshot = await project.snapshot(first);
  const { trainModel } = activities();
  const { candidate } = await act(trainModel, { run: first, snapshot });
  const { store } = project.ports;
  const hasBlob = vi.spyOn(store, 'hasBlob').mockImplementation(async (digest) => digest !== candidate.model);
  try {
    const again = await act(trainModel, { run: await open({ seed: 14 }), snapshot });
    expect(again).toEqual({ candidate, evidence: expect.stringMatching(/^sha256:/) as string });
  } finally {
    hasBlob.mockRestore();
  }
});

const evidenceOf = async (digest: Parameters<typeof loadDocument>[2]) =>
  (await loadDocument(project.ports.store, trainingEvidenceSchema, digest)).training!;

/** Ends the first attempt after some epochs. */
async function brokenOff(run: Run, snapshot: SnapshotRef, epochs: number): Promise<void> {
  let heard = 0;
  const { trainer } = project.ports;
  const breaking: typeof trainer = {
    ...trainer,
    train: (job, hooks) =>
      trainer.train(job, {
        ...hooks,
        async onEpoch(report, checkpoint) {
          await hooks.onEpoch(report, checkpoint);
          heard += 1;
          if (heard === epochs) throw new Error('the worker is gone');
        },
      }),
  };
  const { trainModel } = createActivities(
    Object.assign(Object.create(project.ports), { code: 'git:abc', trainer: breaking }),
  );
  await expect(act(trainModel, { run, snapshot })).rejects.toThrow('the worker is gone');
}

test('another run with the same work goes on from the last checkpoint, and says whose it was', async () => {
  await project.define();
  const [first, second] = [await open({ seed: 15 }), await open({ seed: 15 })];
  const snapshot = await project.snapshot(first);
  await brokenOff(first, snapshot, 5);
  const { trainModel } = activities();
  const resumed = await act(trainModel, { run: second, snapshot });
  const training = await evidenceOf(resumed.evidence);
  expect(training.resumed).toEqual({ epoch: 5, run: first.id, unusable: null });
  const whole = await act(trainModel, { run: await open({ seed: 15, cache: false }), snapshot });
  expect(resumed.candidate).toEqual(whole.candidate);
  expect((await evidenceOf(whole.evidence)).resumed.epoch).toBe(0);
});

test('a checkpoint that cannot be used is said, and the training begins from the start', async () => {
  await project.define();
  const run = await open({ seed: 16 });
  const snapshot = await project.snapshot(run);
  await brokenOff(run, snapshot, 2);
  const { store } = project.ports;
  const keys = (await store.listPointers('work/train/')).filter((one) => one.endsWith('/checkpoint'));
  const odd = await store.putBlob(new TextEncoder().encode('no checkpoint'));
  for (const one of keys) {
    const found = await store.readPointer(one);
    if (found === null || found === 'unchanged') continue;
    const record = JSON.parse(new TextDecoder().decode(found.value)) as object;
    await store.writePointer(
      one,
      new TextEncoder().encode(JSON.stringify({ ...record, checkpoint: odd })),
      found.token,
    );
  }
  expect(keys.length).toBeGreaterThan(0);
  const { trainModel } = activities();
  const { evidence } = await act(trainModel, { run, snapshot });
  expect((await evidenceOf(evidence)).resumed).toEqual({
    epoch: 0,
    run: null,
    unusable: expect.stringContaining('the checkpoint is none') as string,
  });
});
