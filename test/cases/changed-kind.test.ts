import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createActivities } from '../../activities/index.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import { fairnessEvidenceSchema } from '../../contracts/evidence/fairness.ts';
import { trialEvidenceSchema } from '../../contracts/evidence/trial.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { csvOf, people, strangersProject, trained, type StrangersProject } from './project.ts';

let project: StrangersProject;
beforeEach(async () => {
  const rows = people(1500).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)]);
  project = await strangersProject({ name: 'data.csv', content: csvOf(rows) });
});
afterEach(() => project.close());

const act = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new MockActivityEnvironment().run<[I], O, (input: I) => Promise<O>>(activity, input);

/** Two probabilities of `x` `[rows, 2]`. */
function tensorModel(): Uint8Array {
  const g = new GraphBuilder('two');
  g.input('x', 'float32', ['batch', 2]);
  g.output(g.node('Softmax', ['x'], { axis: { int: 1 } }, { output: 'probabilities' }), 'float32', ['batch', 2]);
  return encodeModel(g.model());
}

/** Imports a version of the model, which is defined on tensors from now on. */
async function imported(champion: number | null) {
  const definition = { model: 'churn', tensors: { label: { type: 'integer' } } };
  await writeFile(join(project.folder, 'models', 'churn.yaml'), stringify(definition));
  const activities = createActivities(project.ports);
  const run = { ...(await project.open(champion)), imported: await project.ports.store.putBlob(tensorModel()) };
  const { candidate, evidence: training } = await act(activities.trainModel, { run, snapshot: null });
  const result = await act(activities.tryModel, { run, candidate, training });
  const verdicts = [{ stage: 'trial' as const, ...result }];
  const { version } = await act(activities.registerModel, { run, candidate, snapshot: null, training, verdicts });
  return { version, result, trial: await loadDocument(project.ports.store, trialEvidenceSchema, result.evidence) };
}

test('a candidate on columns is judged by itself where the champion takes tensors, and waits for a person', async () => {
  const { version } = await imported(null);
  await project.define();
  const { quality, data, run, candidate, snapshot, evidence } = await trained(project, version);
  expect(data.drift).toEqual([]);
  expect(quality.verdict.status).toBe('inconclusive');
  expect(quality.verdict.checks.find(({ name }) => name === 'champion.comparison')?.message).toBe(
    `version ${version}, the champion, cannot be compared: it takes tensors, and the rows have columns. Callers must send the inputs of both during the release: a person must approve this version`,
  );
  const fairness = await act(createActivities(project.ports).assessFairness, { run, candidate, snapshot });
  expect(await loadDocument(project.ports.store, fairnessEvidenceSchema, fairness.evidence)).toMatchObject({
    run: run.id,
  });
  expect(await project.register(run, candidate, snapshot, evidence)).toBe(version + 1);
});

test('a candidate on tensors says what callers must send besides the columns of the champion', async () => {
  await project.define();
  const first = await trained(project);
  const champion = await project.register(first.run, first.candidate, first.snapshot, first.evidence);
  const { version, result, trial } = await imported(champion);
  expect(version).toBe(champion + 1);
  expect(trial.champion).toMatchObject({ version: champion, missing: ['age', 'plan', 'amount'], added: ['x'] });
  expect(result.status).toBe('warn');
  expect(result.reasons).toContain(
    `it no longer takes age, plan, amount and also needs x, unlike version ${champion}: callers must send what both take while it is released`,
  );
});
