import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { splitDataset } from '../../activities/run/split-dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { QualityEvidence } from '../../contracts/evidence/quality.ts';
import type { GateResult } from '../../contracts/run/run.ts';
import type { SplitManifest } from '../../contracts/data/split.ts';
import { csvOf, people, strangersProject, type StrangersProject } from './project.ts';
import { logisticRegression } from './models.ts';

let project: StrangersProject;
let manifest: SplitManifest;
beforeAll(async () => {
  project = await strangersProject({
    name: 'data.csv',
    content: csvOf(people(600).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)])),
  });
  await project.define();
  manifest = await splitDataset(project.ports, 'churn', {}, join(project.folder, 'parts'));
});
afterAll(() => project.close());

/** The quality gate's evidence for an import that was trained on the given rows. */
async function judged(trainedOn?: Digest[]): Promise<QualityEvidence> {
  const imported = await project.ports.store.putBlob(logisticRegression());
  const run = { ...(await project.open()), imported, ...(trainedOn === undefined ? {} : { trainedOn }) };
  const snapshot = await project.snapshot(run);
  const { candidate } = await project.train(run, snapshot);
  const { evaluateModel } = createActivities(project.ports);
  const environment = new MockActivityEnvironment();
  const input = { run, candidate, snapshot };
  const { evidence } = await environment.run<[typeof input], GateResult, typeof evaluateModel>(evaluateModel, input);
  return JSON.parse(new TextDecoder().decode(await project.ports.store.getBlob(evidence))) as QualityEvidence;
}
const unseen = ({ verdict }: QualityEvidence) => verdict.checks.find(({ name }) => name === 'test.unseen');

test('an import that was trained on the training and validation parts has met no test row', async () => {
  const evidence = await judged([manifest.parts.train.digest, manifest.parts.validation.digest]);
  expect(evidence.seen).toEqual({
    rows: manifest.parts.test.rows,
    seen: 0,
    keys: [],
    trained: manifest.parts.train.rows + manifest.parts.validation.rows,
    known: manifest.parts.train.rows + manifest.parts.validation.rows,
    relabelled: 0,
  });
  expect(unseen(evidence)?.status).toBe('pass');
});

test('an import that was trained on test rows fails the quality gate, and is told how many', async () => {
  const { rows, digest } = manifest.parts.test;
  const evidence = await judged([manifest.parts.train.digest, digest]);
  expect(evidence.seen).toMatchObject({ rows, seen: rows });
  const keys = evidence.seen?.keys ?? [];
  expect(keys).toHaveLength(5);
  expect(evidence.verdict.status).toBe('fail');
  expect(unseen(evidence)?.message).toBe(
    `the model was trained on ${rows} of ${rows} test rows (${keys.join(', ')}, ...): train it on the training part of \`pawl split\``,
  );
});

test('an import whose training rows nobody told is judged with a warning', async () => {
  const evidence = await judged();
  expect(evidence.seen).toBeUndefined();
  expect(unseen(evidence)?.status).toBe('warn');
  expect(unseen(evidence)?.message).toMatch(/^nobody told which rows the model was trained on/);
});
