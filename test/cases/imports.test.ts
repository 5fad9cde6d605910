import { afterEach, beforeEach, expect, test } from 'vitest';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { decodeModel, encodeModel } from '../../ml/onnx/proto.ts';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../activities/index.ts';
import { patience } from '../support/patience.ts';
import { csvOf, people, strangersProject, type StrangersProject } from './project.ts';
import { logisticRegression } from './models.ts';

let project: StrangersProject;
beforeEach(async () => {
  project = await strangersProject({
    name: 'data.csv',
    content: csvOf(people(600).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)])),
  });
  await project.define();
});
afterEach(() => project.close());

/** A classifier of two columns with a given shape. */
function classifier(options: {
  batch?: number | string;
  width?: number;
  classes?: number[];
  type?: 'float32' | 'string';
}): Uint8Array {
  const { batch = 'batch', width = 2, classes, type = 'string' } = options;
  const g = new GraphBuilder('classifier');
  const age = g.input('age', 'float32', [batch, 1]);
  g.input('plan', type, [batch, 1]);
  g.input('amount', 'float32', [batch, 1]);
  if (classes !== undefined) {
    const [label, scores] = g.multiNode(
      'LinearClassifier',
      [age],
      ['label', 'probabilities'],
      {
        classlabels_ints: { ints: classes },
        coefficients: { floats: classes.map((_, i) => i) },
        intercepts: { floats: classes.map(() => 0) },
        post_transform: { string: 'LOGISTIC' },
        multi_class: { int: 0 },
      },
      mlDomain,
    );
    g.output(label ?? '', 'int64', [batch]);
    g.output(scores ?? '', 'float32', [batch, classes.length]);
  } else {
    const p = g.node('Sigmoid', [age]);
    g.output(
      g.node('Cast', [g.node('Reshape', [p, g.ints('flat', [-1])])], { to: { int: 7 } }, { output: 'label' }),
      'int64',
      [batch],
    );
    g.output(
      g.node(
        'Concat',
        Array.from({ length: width }, () => p),
        { axis: { int: 1 } },
        { output: 'probabilities' },
      ),
      'float32',
      [batch, width],
    );
  }
  return encodeModel(g.model({ domains: { [mlDomain]: 3 } }));
}

/** The same model with the values of one tensor in a file beside it. */
function withExternalData(bytes: Uint8Array): Uint8Array {
  const model = decodeModel(bytes);
  const [tensor] = model.graph.initializer;
  if (tensor === undefined) throw new Error('the model has no weights');
  delete tensor.rawData;
  tensor.dataLocation = 1;
  tensor.externalData = [{ key: 'location', value: 'ext.onnx.data' }];
  return encodeModel(model);
}

test.each<[string, Uint8Array, RegExp]>([
  [
    'weights in another file',
    withExternalData(logisticRegression()),
    /1 of its tensors lie in another file \(w\): save it with all weights inside/,
  ],
  ['three probabilities', classifier({ width: 3 }), /"probabilities" has 3 columns, and "churned" has 2 labels/],
  [
    'numbers where the column holds text',
    classifier({ type: 'float32' }),
    /input "plan" is of float32, and the column holds text/,
  ],
  [
    'classes of another target',
    classifier({ classes: [3, 4] }),
    /its classes are 3, 4, and the definition's labels are 0 and 1/,
  ],
])('a model with %s is refused when it is taken in, with the reason', async (_, bytes, message) => {
  const imported = await project.ports.store.putBlob(bytes);
  const run = { ...(await project.open()), imported };
  const snapshot = await project.snapshot(run);
  await expect(project.train(run, snapshot)).rejects.toThrow(message);
  await expect(project.train(run, snapshot)).rejects.toMatchObject({ type: 'InvalidModelError' });
});

test('a model that never ends leaves the worker free: a cancelled stage is over within a second', async () => {
  const imported = await project.ports.store.putBlob(logisticRegression({ endlessFrom: 50 }));
  const run = { ...(await project.open()), imported };
  const snapshot = await project.snapshot(run);
  const { candidate } = await project.train(run, snapshot);
  const environment = new MockActivityEnvironment();
  const judged = environment.run(createActivities(project.ports).evaluateModel, { run, candidate, snapshot });
  const ended = judged.then(
    () => 'judged',
    (error: unknown) => error,
  );
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 20);
  // The event loop of the worker goes on beside the pass that does not end.
  await expect.poll(() => turns, { timeout: patience(30_000) }).toBeGreaterThan(100);
  clearInterval(timer);
  const before = performance.now();
  environment.cancel('CANCELLED');
  expect(await ended).toBeInstanceOf(CancelledFailure);
  expect(performance.now() - before).toBeLessThan(patience(1000));
});

test('a model that fits is taken', async () => {
  const imported = await project.ports.store.putBlob(logisticRegression());
  const run = { ...(await project.open()), imported };
  const { candidate } = await project.train(run, await project.snapshot(run));
  expect(candidate.model).toBe(imported);
});

test('a model that names its positive class first is taken, and answers as one that names it last', async () => {
  const answersOf = async (classes: number[]) => {
    const imported = await project.ports.store.putBlob(classifier({ classes }));
    const run = { ...(await project.open()), imported };
    const snapshot = await project.snapshot(run);
    const { candidate } = await project.train(run, snapshot);
    const quality = await project.evaluate(run, candidate, snapshot);
    const model = await createOnnxInference().load(await project.ports.store.getBlob(candidate.model));
    const texts: Tensor = { type: 'string', shape: [2, 1], data: ['a', 'b'] };
    const numbers = (...values: number[]): Tensor => ({
      type: 'float32',
      shape: [2, 1],
      data: Float32Array.from(values),
    });
    const { label, probabilities } = await model.run({ age: numbers(0.2, 2), plan: texts, amount: numbers(1, 1) });
    await model.release();
    const scores = Array.from(probabilities!.data as Float32Array);
    return {
      imported,
      model: candidate.model,
      labels: Array.from(label!.data as BigInt64Array, Number),
      scores,
      quality,
    };
  };
  const first = await answersOf([1, 0]);
  expect(first.model).not.toBe(first.imported);
  // The coefficients of its classes are 0 and 1: the score of the class 0 grows with age.
  expect(first.labels).toEqual([0, 0]);
  expect(first.scores[0]).toBeGreaterThan(first.scores[1]!);
  expect(first.scores[2]! - first.scores[3]!).toBeGreaterThan(first.scores[0]! - first.scores[1]!);
  expect(first.quality.verdict.checks.find(({ name }) => name === 'labels.agree')?.status ?? 'pass').toBe('pass');
  const last = await answersOf([0, 1]);
  expect(last.model).toBe(last.imported);
  expect(last.labels).toEqual([1, 1]);
});
