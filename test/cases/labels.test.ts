import { afterEach, expect, test } from 'vitest';
import { InferenceSession } from 'onnxruntime-node';
import { csvOf, people, strangersProject, trained, type Definitions, type StrangersProject } from './project.ts';

let project: StrangersProject;
afterEach(() => project.close());

/** The labels that a model answers, by ONNX Runtime alone. */
async function answersOf(bytes: Uint8Array): Promise<string> {
  const session = await InferenceSession.create(bytes);
  const [label] = session.outputMetadata.filter(({ name }) => name === 'label');
  await session.release();
  return label?.isTensor === true ? label.type : 'none';
}

const labelled = (label: (churned: boolean, id: number) => unknown, count = 1500): string =>
  csvOf(people(count).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, label(churned, id)]));

test.each<[string, (churned: boolean) => unknown, Definitions, string]>([
  [
    'texts',
    (churned) => (churned ? 'yes' : 'no'),
    { columns: { churned: { type: 'string', kind: 'target', allowed: ['no', 'yes'] } }, model: { positive: 'yes' } },
    'string',
  ],
  [
    'texts that only the model definition names',
    (churned) => (churned ? 'left' : 'stayed'),
    { columns: { churned: { type: 'string', kind: 'target' } }, model: { positive: 'left', negative: 'stayed' } },
    'string',
  ],
  [
    '1 and 2',
    (churned) => (churned ? 2 : 1),
    { columns: { churned: { type: 'integer', kind: 'target', allowed: ['1', '2'] } }, model: { positive: 2 } },
    'int64',
  ],
  ['0 and 1 with 0 as the positive one', (churned) => (churned ? 0 : 1), { model: { positive: 0 } }, 'int64'],
  [
    'whole numbers written as floats',
    (churned) => (churned ? '1.0' : '0.0'),
    { columns: { churned: { type: 'number', kind: 'target' } }, model: { task: 'binary' } },
    'int64',
  ],
  [
    'True and False',
    (churned) => (churned ? 'True' : 'False'),
    { columns: { churned: { type: 'boolean', kind: 'target' } }, model: { positive: true } },
    'bool',
  ],
])('labels that are %s are learned and answered', async (_, label, definitions, type) => {
  project = await strangersProject({ name: 'data.csv', content: labelled(label) });
  await project.define(definitions);
  const { data, quality, candidate } = await trained(project);
  expect(data.verdict.status).toBe('pass');
  expect(quality.candidate.accuracy).toBeGreaterThan(0.7);
  expect(quality.candidate.auc).toBeGreaterThan(0.8);
  expect(quality.faults.labelAgreement).toBe(1);
  expect(await answersOf(await project.ports.store.getBlob(candidate.model))).toBe(type);
});

test('rows without a label are left out of training and tests, and counted', async () => {
  project = await strangersProject({
    name: 'data.csv',
    content: labelled((churned, id) => (id % 3 === 0 ? '' : Number(churned)), 3000),
  });
  await project.define({ columns: { churned: { type: 'integer', kind: 'target', nullable: true } } });
  const { data, quality } = await trained(project);
  expect(data.verdict.checks.find(({ name }) => name === 'labels.missing')).toMatchObject({
    observed: 1000,
    message: '1000 of 3000 rows have no label yet (churned): they are left out of training and tests',
  });
  expect(data.verdict.checks.find(({ name }) => name === 'rows')?.observed).toBe(2000);
  expect(quality.rows).toBeLessThan(500);
  // With a third of the rows as negatives it was .8.
  expect(quality.candidate.auc).toBeGreaterThan(0.85);
});

test('a label that is none of the two is refused by the data check, with the labels that are known', async () => {
  project = await strangersProject({
    name: 'data.csv',
    content: labelled((churned, id) => (id % 5 === 0 ? 2 : Number(churned))),
  });
  await project.define();
  const run = await project.open();
  const snapshot = await project.snapshot(run);
  const { verdict } = await project.check(run, snapshot);
  expect(verdict.status).toBe('fail');
  expect(verdict.checks.find(({ name }) => name === 'labels.known')).toMatchObject({
    status: 'fail',
    observed: 300,
    message: expect.stringContaining('churned: 300 rows have a label other than 0 and 1 ("2")'),
  });
  await expect(project.train(run, snapshot)).rejects.toMatchObject({ type: 'InvalidDataError' });
});
