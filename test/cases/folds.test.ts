import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import type { Digest } from '../../contracts/digest.ts';
import { foldsEvidenceSchema, type FoldsEvidence } from '../../contracts/evidence/folds.ts';
import type { Run } from '../../contracts/run/run.ts';
import { csvOf, people, strangersProject, type StrangersProject } from './project.ts';

let project: StrangersProject;
beforeAll(async () => {
  project = await strangersProject({
    name: 'data.csv',
    content: csvOf(people(200).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)])),
  });
});
afterAll(() => project.close());

const act = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new MockActivityEnvironment().run<[I], O, (input: I) => Promise<O>>(activity, input);

async function folded(run: Run, of: number): Promise<FoldsEvidence> {
  const { trainFold, judgeFolds } = createActivities(project.ports);
  const snapshot = await project.snapshot(run);
  const folds: Digest[] = [];
  for (let index = 0; index < of; index += 1) folds.push(await act(trainFold, { run, snapshot, fold: { index, of } }));
  const { evidence } = await act(judgeFolds, { run, folds });
  return loadDocument(project.ports.store, foldsEvidenceSchema, evidence);
}

const quality = { resamples: 100, folds: 3, limits: { auc: 0.5 } };

test('a trainer is judged on every row once, beside the constant, and the gate of quality leaves both to the folds', async () => {
  await project.define({ model: { quality } });
  const run = await project.open();
  const evidence = await folded(run, 3);
  expect(evidence.isRolling).toBe(false);
  expect(evidence.folds.map(({ rows }) => rows.train + rows.validation + rows.test)).toEqual([200, 200, 200]);
  expect(evidence.folds.reduce((sum, { rows }) => sum + rows.test, 0)).toBe(200);
  const auc = evidence.means.find(({ metric }) => metric === 'auc');
  const values = evidence.folds.map(({ metrics }) => metrics.auc ?? NaN);
  expect(auc?.estimate).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 3, 12);
  expect(auc?.lower).toBeLessThan(auc?.estimate ?? NaN);
  expect(evidence.gain).toMatchObject({
    metric: 'auc',
    estimate: expect.closeTo((auc?.estimate ?? NaN) - 0.5, 12) as number,
  });
  expect(evidence.verdict.checks.map(({ name }) => name)).toEqual(['auc.folds', 'auc.baseline']);

  const snapshot = await project.snapshot(run);
  const { candidate } = await project.train(run, snapshot);
  const judged = await project.evaluate(run, candidate, snapshot);
  expect(judged.verdict.checks.map(({ name }) => name)).not.toContain('auc.limit');
  expect(judged.verdict.checks.map(({ name }) => name)).not.toContain('auc.baseline');
});

test('equal runs make equal folds', async () => {
  await project.define({ model: { quality } });
  const [one, two] = [await folded(await project.open(), 2), await folded(await project.open(), 2)];
  const figures = ({ folds }: FoldsEvidence) => folds.map((fold) => ({ ...fold, run: '' }));
  expect(figures(two)).toEqual(figures(one));
});

test('a fold without a row to test on is refused, with what to do', async () => {
  await project.define({ model: { quality } });
  const run = await project.open(null, { limit: 3 });
  const { trainFold } = createActivities(project.ports);
  const snapshot = await project.snapshot(run);
  const job = (index: number) => act(trainFold, { run, snapshot, fold: { index, of: 20 } });
  const ends = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => job(index)));
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
  expect(reasons.some((reason) => reason.includes('has no row to test on: lower quality.folds, or leave it out'))).toBe(
    true,
  );
});
