import { describe, expect, test } from 'vitest';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import type { ElementType } from '../../ml/onnx/tensor.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { Classes } from '../../contracts/data/classes.ts';
import { binary, classesFor } from '../support/classes.ts';
import { frameOf } from '../training/support.ts';

const engine = createOnnxInference();

interface Shape {
  label?: 'int64' | 'string' | 'bool' | 'float32';
  /** Columns of `probabilities`. */
  width?: 1 | 2 | 3;
  names?: [string, string];
  input?: ElementType;
}

/** `p = x`, and the label says whether `x > 0.5`, in the wanted form. */
function classifier({ label = 'int64', width = 2, names = ['label', 'probabilities'], input = 'float32' }: Shape = {}) {
  const g = new GraphBuilder('classifier');
  const raw = g.input('x', input, ['batch', 1]);
  const x = input === 'float32' ? raw : g.node('Cast', [raw], { to: { int: 1 } });
  const rest = g.node('Sub', [g.scalar('one', 1), x]);
  const parts = { 1: [x], 2: [rest, x], 3: [rest, rest, x] }[width];
  const above = g.node('Greater', [g.node('Reshape', [x, g.ints('flat', [-1])]), g.scalar('half', 0.5)]);
  const number = g.node('Cast', [above], { to: { int: { int64: 7, string: 7, bool: 9, float32: 1 }[label] } });
  const words = { keys_int64s: { ints: [0, 1] }, values_strings: { strings: ['no', 'yes'] } };
  const answer = label === 'string' ? g.node('LabelEncoder', [number], words, { domain: mlDomain }) : number;
  g.output(answer, label, ['batch'], names[0]);
  g.output(g.node('Concat', parts, { axis: { int: 1 } }), 'float32', ['batch', width], names[1]);
  return encodeModel(g.model({ domains: { [mlDomain]: 4 } }));
}

const frame = frameOf({ x: [0.25, 0.75, 0.5] });

describe('predictions', () => {
  test.each<[Shape, Classes]>([
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
      positive: Uint8Array.of(0, 1, 0),
      probability: Float64Array.of(0.25, 0.75, 0.5),
    });
    await model.release();
  });

  test('of many rows come in order, and let the event loop breathe in between', async () => {
    const model = await engine.load(classifier());
    const values = Array.from({ length: 10_000 }, (_, row) => row / 16_384);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const { probability } = await model.predict(frameOf({ x: values }), binary);
    clearInterval(timer);
    expect(Array.from(probability)).toEqual(values);
    expect(turns).toBeGreaterThan(0);
    await model.release();
  });

  test('of no rows are none', async () => {
    const model = await engine.load(classifier());
    expect((await model.predict(frameOf({ x: [] }), binary)).probability).toHaveLength(0);
    await model.release();
  });

  test.each<[ElementType]>([['int64'], ['int32'], ['float64'], ['bool']])('take %s columns', async (input) => {
    const model = await engine.load(classifier({ input }));
    const { probability } = await model.predict(frameOf({ x: ['0', '1'] }), binary);
    expect([...probability]).toEqual([0, 1]);
    await model.release();
  });
});

describe('a model that cannot be judged is refused:', () => {
  test.each<[string, Shape, Classes, RegExp]>([
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

  test('bytes that are not a model', async () => {
    await expect(engine.load(new TextEncoder().encode('<html>'))).rejects.toMatchObject({ type: 'InvalidModelError' });
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

test('rows without a column that the model takes, or with a value that its type lacks, are refused by name', async () => {
  const model = await engine.load(classifier({ input: 'int64' }));
  await expect(model.predict(frameOf({ y: [1] }), binary)).rejects.toThrow(/column "x" is missing/);
  await expect(model.predict(frameOf({ x: [Number.NaN] }), binary)).rejects.toThrow(
    /column "x" has missing values, and int64 has none/,
  );
  await model.release();
});

test('raw feeds come back with type and shape', async () => {
  const model = await engine.load(classifier({ label: 'string' }));
  const outputs = await model.run({ x: { type: 'float32', shape: [2, 1], data: Float32Array.of(0.75, 0.25) } });
  expect(outputs.label).toEqual({ type: 'string', shape: [2], data: ['yes', 'no'] });
  expect(outputs.probabilities).toMatchObject({ type: 'float32', shape: [2, 2] });
  await model.release();
});
