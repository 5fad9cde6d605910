import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../activities/index.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import { explanationEvidenceSchema } from '../../contracts/evidence/explanation.ts';
import { optimizationEvidenceSchema } from '../../contracts/evidence/optimization.ts';
import { labelSpaceOf, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { Frame, Predictions } from '../../contracts/data/frame.ts';
import type { ModelSignature } from '../../contracts/model/signature.ts';
import type { Run } from '../../contracts/run/run.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { isNetwork, toolCase, toolCases, type ToolCase } from '../support/tool-models.ts';
import { strangersProject, type Definitions, type StrangersProject } from './project.ts';

const plans = ['basic', 'plus', 'pro'] as const;

/** People as `make.py` draws them, each tenth without an age, with a target of each task. */
function table(): string {
  const random = createRandom(31);
  const rows = Array.from({ length: 800 }, (_, id) => {
    const age = 18 + random.integer(70);
    const plan = plans[random.integer(3)]!;
    const amount = random.integer(480) / 4;
    const logit = (age - 50) / 8 + (amount - 60) / 30 + (plan === 'basic' ? 1 : plan === 'pro' ? -1 : 0);
    const churned = Number(random.next() < 1 / (1 + Math.exp(-logit)));
    const usual = age < 40 ? 'basic' : age < 65 ? 'plus' : 'pro';
    const spent = 3 * age + amount + 5 * random.normal();
    return [id, id % 10 === 0 ? '' : age, plan, amount, random.integer(40), churned, usual, spent];
  });
  return ['id,age,plan,amount,tenure,churned,usual,spent', ...rows.map((row) => row.join(','))].join('\n');
}

const targets: Readonly<Record<ToolCase['task'], Record<string, unknown>>> = {
  binary: { churned: { type: 'integer', kind: 'target', allowed: ['0', '1'] } },
  multiclass: { usual: { type: 'string', kind: 'target', allowed: [...plans] } },
  regression: { spent: { type: 'number', kind: 'target' } },
};

function definitionsOf(task: ToolCase['task'], features: readonly string[], signature?: ModelSignature): Definitions {
  const carried = (type: string) => ({ type, kind: 'carried' });
  return {
    dataset: { target: Object.keys(targets[task])[0] },
    columns: {
      age: { type: 'number', kind: 'numeric', nullable: true },
      tenure: { type: 'integer', kind: 'numeric' },
      churned: carried('integer'),
      usual: carried('string'),
      spent: carried('number'),
      ...targets[task],
    },
    model: { features, quality: { resamples: 100 }, ...(signature && { signature }) },
  };
}

/** The rows of the fixture as the stages give them to models. */
function frameOf({ columns, rows }: ToolCase): Frame {
  const values = (i: number) => rows.map((row) => row[i] ?? null);
  return {
    rowCount: rows.length,
    columns: Object.fromEntries(
      columns.map((name, i) => [
        name,
        name === 'plan'
          ? { type: 'string', values: values(i).map((value) => String(value ?? '')) }
          : { type: 'number', values: Float64Array.from(values(i), (value) => (value === null ? NaN : Number(value))) },
      ]),
    ),
  };
}

let project: StrangersProject;
beforeAll(async () => {
  project = await strangersProject({ name: 'data.csv', content: table() });
});
afterAll(() => project?.close());

interface Taken {
  readonly predictions: Predictions;
  readonly space: LabelSpace;
  readonly quality: Awaited<ReturnType<StrangersProject['evaluate']>>;
}

/** Takes a model in, judges it, and has it answer the rows of its fixture. */
async function take(one: ToolCase, signature?: ModelSignature): Promise<Taken> {
  await project.define(definitionsOf(one.task, one.columns, signature));
  const run: Run = { ...(await project.open()), imported: await project.ports.store.putBlob(one.bytes) };
  const snapshot = await project.snapshot(run);
  const { candidate } = await project.train(run, snapshot);
  const quality = await project.evaluate(run, candidate, snapshot);
  const space = labelSpaceOf(
    await project.ports.definitions.model('churn'),
    await project.ports.definitions.datasetOf(await project.ports.definitions.model('churn')),
  );
  const model = await createOnnxInference().load(await project.ports.store.getBlob(candidate.model));
  const predictions = await model.predict(frameOf(one), space);
  await model.release();
  return { predictions, space, quality };
}

/** Labels of the fixture where its classes are numbers in the order of the plans. */
const wordOf = (label: number | string, task: ToolCase['task']): number =>
  task === 'multiclass' && typeof label === 'string' ? plans.indexOf(label as 'basic') : Number(label);

function expectAnswers({ predictions }: Taken, { labels, probabilities, value, task }: ToolCase): void {
  if (value !== null) {
    value.forEach((number, row) => expect(predictions.answer[row]! / number).toBeCloseTo(1, 5));
    return;
  }
  expect(Array.from(predictions.answer)).toEqual(labels!.map((label) => wordOf(label, task)));
  const expected = probabilities!.flatMap((row) => (task === 'binary' ? row.slice(1) : row));
  expect(predictions.scores).toHaveLength(expected.length);
  expected.forEach((score, place) => expect(predictions.scores[place]).toBeCloseTo(score, 5));
}

/** They were trained without missing values. */
const isGapless = ({ name }: ToolCase): boolean => /float64|forest/.test(name);

const byNumber: ModelSignature = { outputs: { classes: [...plans] } };

describe('an export of a usual tool is taken as it is, and judged', () => {
  test.each(toolCases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const taken = await take(one, name.includes('by number') ? byNumber : undefined);
    expectAnswers(taken, one);
    const { candidate, faults, task } = taken.quality;
    expect(task).toBe(one.task);
    if (isNetwork(one)) {
      // Ages are missing.
      expect(faults.notFinite).toBeGreaterThan(0);
      expect(taken.quality.verdict.status).toBe('fail');
      return;
    }
    if (!isGapless(one)) expect(faults).toMatchObject({ notFinite: 0, outside: 0 });
    if (isGapless(one)) return;
    if (one.task === 'binary') expect(candidate.auc).toBeGreaterThan(0.75);
    if (one.task === 'multiclass') expect(candidate.accuracy).toBeGreaterThan(0.75);
    if (one.task === 'regression') expect(candidate.r2).toBeGreaterThan(0.3);
  });
});

test('a signature gives the columns in the order of the model, also where the features have another', async () => {
  const one = toolCase('LightGBM');
  const features = ['tenure', 'amount', 'age'];
  const signature = { inputs: [{ name: 'input', columns: ['age', 'amount', 'tenure'] }] };
  const taken = await take({ ...one, columns: features, rows: one.rows.map((row) => row.toReversed()) }, signature);
  expectAnswers(taken, one);
});

const weights = [1, -1, 2, 0.5, 0.25, 1];

/** A network of logits that was exported for one row, by what it makes of it first. */
function ofOneRow(first: (g: GraphBuilder, x: string) => string): Uint8Array {
  const g = new GraphBuilder('fixed');
  const row = first(g, g.input('x', 'float32', [1, 3]));
  g.output(g.node('MatMul', [row, g.constant('w', Float32Array.from(weights), [3, 2])]), 'float32', [1, 2]);
  return encodeModel(g.model());
}

const reshaped =
  (...shape: number[]) =>
  (g: GraphBuilder, x: string) =>
    g.node('Reshape', [x, g.ints('one_row', shape)]);

test.each([
  ['with all sizes', reshaped(1, 3)],
  ['with one size left open', reshaped(1, -1)],
  [
    'of weights, which stay',
    (g: GraphBuilder, x: string) => g.node('Add', [x, reshaped(1, -1)(g, g.constant('b', new Float32Array(3), [3]))]),
  ],
])('a model whose shapes hold its batch size of 1 takes any number of rows: %s', async (_, first) => {
  await project.define(definitionsOf('binary', ['age', 'amount', 'tenure']));
  const run: Run = { ...(await project.open()), imported: await project.ports.store.putBlob(ofOneRow(first)) };
  const { candidate } = await project.train(run, await project.snapshot(run));
  const model = await createOnnxInference().load(await project.ports.store.getBlob(candidate.model));
  const rows = [1, 2, 3].map((x) => [x, -x, 0.5]);
  const columns = ['age', 'amount', 'tenure'].map((name, i) => [
    name,
    { type: 'number', values: Float64Array.from(rows, (row) => row[i]!) } as const,
  ]);
  const definition = await project.ports.definitions.model('churn');
  const space = labelSpaceOf(definition, await project.ports.definitions.datasetOf(definition));
  const { scores } = await model.predict({ rowCount: 3, columns: Object.fromEntries(columns) }, space);
  await model.release();
  rows.forEach((row, i) => {
    const [no, yes] = [0, 1].map((label) => row.reduce((sum, x, at) => sum + x * weights[2 * at + label]!, 0));
    expect(scores[i]).toBeCloseTo(1 / (1 + Math.exp(no! - yes!)), 5);
  });
});

test.each([
  [
    'needs its batch size',
    (g: GraphBuilder, x: string) => g.node('Mul', [x, g.node('Concat', [x, x], { axis: { int: 0 } })]),
    /"x" has the fixed batch size 1, and the model does not work with others \(.*\): export it with a dynamic first axis/,
  ],
  [
    'answers a row by the others',
    (g: GraphBuilder, x: string) => g.node('Sub', [x, g.node('ReduceMean', [x, g.ints('rows', [0])])]),
    /"x" has the fixed batch size 1, .*\(it answers two rows otherwise than each alone\)/,
  ],
] as const)('a model of one row is refused where it %s', async (_, first, message) => {
  await project.define(definitionsOf('binary', ['age', 'amount', 'tenure']));
  const run: Run = { ...(await project.open()), imported: await project.ports.store.putBlob(ofOneRow(first)) };
  const taken = project.train(run, await project.snapshot(run));
  await expect(taken).rejects.toThrow(message);
  await expect(taken).rejects.toMatchObject({ type: 'InvalidModelError' });
});

test('a model that declares no width is refused where it takes another number of columns', async () => {
  const g = new GraphBuilder('wide');
  const x = g.input('x', 'float32', ['n', null]);
  g.output(g.node('MatMul', [x, g.constant('w', new Float32Array(8), [4, 2])]), 'float32', ['n', null]);
  await project.define(definitionsOf('binary', ['age', 'amount', 'tenure']));
  const run: Run = { ...(await project.open()), imported: await project.ports.store.putBlob(encodeModel(g.model())) };
  const taken = project.train(run, await project.snapshot(run));
  await expect(taken).rejects.toThrow(
    /it does not load with these columns \(.*Incompatible dimensions.*\): correct "features" or "signature", or export it again/,
  );
});

test('a model of floats that fails on made-up rows is refused with what it says', async () => {
  const g = new GraphBuilder('failing');
  const x = g.input('x', 'float32', ['n', 3]);
  // Only four values fill this form.
  const wide = g.node('Reshape', [
    g.node('Compress', [x, g.node('IsNaN', [g.node('Reshape', [x, g.ints('flat', [-1])])])]),
    g.ints('form', [2, 2]),
  ]);
  g.output(wide, 'float32', [null, 2]);
  await project.define(definitionsOf('binary', ['age', 'amount', 'tenure']));
  const run: Run = { ...(await project.open()), imported: await project.ports.store.putBlob(encodeModel(g.model())) };
  const taken = project.train(run, await project.snapshot(run));
  await expect(taken).rejects.toThrow(
    /it does not answer made-up rows \(node .*\): correct "features", "signature", or the export/,
  );
});

test('an adapted model is explained, and its variants are made', async () => {
  const one = toolCase('scikit-learn, network without ZipMap');
  await project.define(definitionsOf(one.task, one.columns));
  const run: Run = { ...(await project.open()), imported: await project.ports.store.putBlob(one.bytes) };
  const snapshot = await project.snapshot(run);
  const { candidate } = await project.train(run, snapshot);
  const { explainModel, optimizeModel } = createActivities(project.ports);
  const input = { run, candidate, snapshot };
  const act = <R>(activity: (given: typeof input) => Promise<R>): Promise<R> =>
    new MockActivityEnvironment({ attempt: 1 }).run<[typeof input], R, typeof activity>(activity, input);
  const { store } = project.ports;
  const explained = await loadDocument(store, explanationEvidenceSchema, (await act(explainModel)).evidence);
  expect(explained.importances.map(({ column }) => column).toSorted()).toEqual(['age', 'amount', 'tenure']);
  const optimized = await loadDocument(store, optimizationEvidenceSchema, (await act(optimizeModel)).evidence);
  expect(optimized.variants.length).toBeGreaterThan(0);
});

test('a signature that contradicts its definition is refused with every key', async () => {
  await project.define(
    definitionsOf('binary', ['age', 'amount', 'tenure'], {
      inputs: [
        { name: 'x', columns: ['age', 'age', 'plan'] },
        { name: 'x', columns: ['amount'] },
      ],
      outputs: { value: 'a', probabilities: 'b', logits: 'c', classes: [0, 2] },
    }),
  );
  const error = await project.ports.definitions.model('churn').then(
    () => '',
    ({ message }: Error) => message,
  );
  for (const fault of [
    'signature.inputs: "x" is listed twice: write its columns in one list',
    'signature.inputs: "plan" is not a feature: list it in "features", or leave it out',
    'signature.inputs: feature "age" is mapped twice: leave one out',
    'signature.inputs: feature "tenure" is mapped to no input: add it to the columns of one',
    'signature.outputs.value says nothing of task binary: write probabilities or logits, or correct the task',
    'signature.outputs: probabilities and logits are both named: leave one out',
    'signature.outputs.classes are 0, 2, and the labels of "churned" are 0, 1: list each of them once, in the model\'s order',
  ])
    expect(error).toContain(fault);
});

test('a signature of classes is refused for numbers', async () => {
  await project.define(definitionsOf('regression', ['age'], { outputs: { label: 'label', classes: ['a', 'b'] } }));
  await expect(project.ports.definitions.model('churn')).rejects.toThrow(
    /signature\.outputs\.label says nothing of task regression: write value, or correct the task(.|\n)*signature\.outputs\.classes says nothing/,
  );
});
