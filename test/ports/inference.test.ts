import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import type { ElementType } from '../../ml/onnx/tensor.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { answerBytes, classifier, inferenceSuite, type ClassifierForm } from '../contracts/inference.suite.ts';
import { binary, classesFor } from '../support/classes.ts';
import { patience } from '../support/patience.ts';
import { frameOf } from '../training/support.ts';

const engine = createOnnxInference();
const answer = { bytes: answerBytes, texts: 1_000 };

inferenceSuite('ONNX Runtime in this process', async () => ({
  load: (model) => engine.load(model, answer),
  close: async () => undefined,
}));

inferenceSuite('ONNX Runtime in a process of its own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-inference-'));
  const limits = { loadMs: patience(60_000), passMs: patience(30_000), memoryBytes: 2 ** 30, answer };
  return {
    async load(model) {
      const path = join(folder, 'model.onnx');
      await writeFile(path, model);
      return engine.loadConfined(path, limits);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

const frame = frameOf({ x: [0.25, 0.75, 0.5] });

describe('predictions', () => {
  test.each<[ClassifierForm, LabelSpace]>([
    [{ label: 'int64' }, binary],
    [{ label: 'int64' }, classesFor('0', '1', 'string')],
    [{ label: 'int64' }, classesFor(false, true, 'boolean')],
    [{ label: 'string' }, classesFor('no', 'yes', 'string')],
    [{ label: 'string' }, classesFor(false, true, 'boolean')],
    [{ label: 'bool' }, classesFor(false, true, 'boolean')],
    [{ label: 'float32' }, binary],
    [{ label: 'float32' }, classesFor(0, 1, 'number')],
    [{ width: 1 }, binary],
  ])('are read from a model of %o for classes %o', async (shape, positive) => {
    const model = await engine.load(classifier(shape));
    expect(await model.predict(frame, positive)).toEqual({
      answer: Float64Array.of(0, 1, 0),
      scores: Float64Array.of(0.25, 0.75, 0.5),
      width: 1,
    });
    await model.release();
  });

  test.each<[ElementType]>([['int64'], ['int32'], ['float64'], ['bool']])('take %s columns', async (input) => {
    const model = await engine.load(classifier({ input }));
    const { scores: probability } = await model.predict(frameOf({ x: ['0', '1'] }), binary);
    expect([...probability]).toEqual([0, 1]);
    await model.release();
  });
});

describe('a model that cannot be judged is refused:', () => {
  test.each<[string, ClassifierForm, LabelSpace, RegExp]>([
    ['no label', { names: ['answer', 'probabilities'] }, binary, /no output "label", only answer, probabilities/],
    ['no probabilities', { names: ['label', 'scores'] }, binary, /no output "probabilities"/],
    ['three classes', { width: 3 }, binary, /shape \[3, 3\] for 3 rows/],
    [
      'labels of another kind',
      { label: 'int64' },
      classesFor('no', 'yes', 'string'),
      /answers the label "0", and "label" knows no and yes/,
    ],
  ])('%s', async (_, shape, positive, message) => {
    const model = await engine.load(classifier(shape));
    const failure = model.predict(frame, positive);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ type: 'InvalidModelError' });
    await model.release();
  });

  test('an output that is not a tensor, as ZipMap makes', async () => {
    const g = new GraphBuilder('zipped');
    const map = g.node(
      'ZipMap',
      [g.input('x', 'float32', ['batch', 2])],
      { classlabels_int64s: { ints: [0, 1] } },
      { domain: mlDomain },
    );
    const value = { mapType: { keyType: 7, valueType: { tensorType: { elemType: 1 } } } };
    g.outputs.push({ name: map, type: { sequenceType: { elemType: value } } });
    const failure = engine.load(encodeModel(g.model({ domains: { [mlDomain]: 3 } })));
    await expect(failure).rejects.toThrow(/ZipMap" of the model is not a tensor/);
  });
});
