import { classesFor } from '../support/classes.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import type { SettingsOf } from '../../contracts/model/trainer.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { designNetwork, initialParameters } from '../../ml/training/architecture.ts';
import { encodeRows, fitEncoding } from './encoded.ts';
import { evaluationModel } from '../../ml/training/evaluation-graph.ts';
import { exportedModel } from '../../ml/training/export-graph.ts';
import { createRandom } from '../../ml/random.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { binaryHead } from '../../ml/tasks/binary/head.ts';
import { exportOf, features, frameOf, people, settingsOf } from './support.ts';

/** A network with random parameters, exported. */
function build(
  over: Partial<SettingsOf<'network'>> = {},
  threshold = 0.5,
  names = features.map(({ name }) => name),
  { frame } = people(200, 1),
) {
  const settings = settingsOf(over);
  const encoding = fitEncoding(
    features.filter(({ name }) => names.includes(name)),
    frame,
    settings,
  );
  const network = designNetwork(settings, encoding, 1);
  const theta = initialParameters(network, encodeRows(encoding, frame), 5);
  const random = createRandom(6);
  for (let i = 0; i < theta.length; i++) if (theta[i] === 0) theta[i] = random.normal() / 2;
  const model = encodeModel(exportedModel({ encoding, network, thetas: [theta], ...exportOf(4, 9, threshold) }));
  return { encoding, network, theta, model };
}

/** Probabilities by the evaluation graph, from rows that were encoded in TypeScript. */
async function expected({ encoding, network, theta }: ReturnType<typeof build>, frame: Frame): Promise<number[]> {
  const rows = encodeRows(encoding, frame);
  const oneHot = new Uint8Array(rows.rows * network.oneHotSlots);
  for (const [i, slot] of rows.oneHot.entries()) {
    oneHot[Math.floor(i / network.oneHotColumns) * network.oneHotSlots + slot] = 1;
  }
  const session = await InferenceSession.create(encodeModel(evaluationModel(network, binaryHead)));
  const feeds: Record<string, Tensor> = {
    numeric: new Tensor('float32', rows.numeric, [rows.rows, network.numeric]),
    labels: new Tensor('float32', new Float32Array(rows.rows), [rows.rows, 1]),
    weights: new Tensor('float32', new Float32Array(rows.rows).fill(1), [rows.rows, 1]),
    theta: new Tensor('float32', theta, [theta.length]),
  };
  if (network.numeric === 0) delete feeds.numeric;
  if (network.oneHotSlots > 0) feeds.oneHot = new Tensor('uint8', oneHot, [rows.rows, network.oneHotSlots]);
  if (network.embeddedSlots > 0) {
    feeds.embedded = new Tensor('int32', rows.embedded, [rows.rows, network.embeddedColumns]);
  }
  const { logits } = await session.run(feeds);
  await session.release();
  return Array.from(logits!.data as Float32Array, (logit) => 1 / (1 + Math.exp(-logit)));
}

const strange = frameOf({
  age: [Number.NaN, 30, 70, 50],
  colour: ['', 'pink', 'never seen', 'red'],
  income: [1, Number.NaN, 3, 4],
  town: ['t1', 't2', 'red', ''],
});

describe('the exported model', () => {
  test.each<[string, Partial<SettingsOf<'network'>>]>([
    ['a network on one-hot columns', {}],
    ['a network on embedded columns', { encoding: { embed: 2 } }],
    ['a network on both', { encoding: { embed: 4 }, hidden: [8, 4] }],
    ['a network without hidden layers', { hidden: [] }],
  ])('of %s predicts from raw columns what training computes from encoded ones', async (_, over) => {
    const built = build(over);
    const loaded = await createOnnxInference().load(built.model);
    for (const frame of [people(300, 2).frame, strange]) {
      const wanted = await expected(built, frame);
      const { scores: probability } = await loaded.predict(frame, classesFor(4, 9));
      for (const [row, value] of wanted.entries()) expect(Math.abs(probability[row]! - value)).toBeLessThan(1e-6);
      expect(new Set(wanted.map((value) => value.toFixed(4))).size).toBeGreaterThan(3);
    }
    await loaded.release();
  });

  test.each([
    ['one number', ['age'], 4],
    ['one text', ['town'], 4],
    ['one text with two codes', ['colour'], 3],
    ['a number and a text', ['age', 'colour'], 4],
  ])('of %s alone does too', async (_, names, different) => {
    for (const encoding of ['oneHot', { embed: 2 }] as const) {
      const built = build({ encoding }, 0.5, names);
      const loaded = await createOnnxInference().load(built.model);
      for (const frame of [people(100, 2).frame, strange]) {
        const wanted = await expected(built, frame);
        const { scores: probability } = await loaded.predict(frame, classesFor(4, 9));
        for (const [row, value] of wanted.entries()) expect(Math.abs(probability[row]! - value)).toBeLessThan(1e-6);
      }
      const answers = await expected(built, people(100, 2).frame);
      expect(new Set(answers.map((value) => value.toFixed(4))).size).toBeGreaterThanOrEqual(different);
      await loaded.release();
    }
  });

  test('of a text with a single code tells it from the unknown', async () => {
    const frame = frameOf({ town: ['t1', '', 't1'] });
    const built = build({}, 0.5, ['town'], { frame, labels: new Uint8Array(3) });
    const loaded = await createOnnxInference().load(built.model);
    const { scores: probability } = await loaded.predict(frame, classesFor(4, 9));
    const wanted = await expected(built, frame);
    for (const [row, value] of wanted.entries()) expect(Math.abs(probability[row]! - value)).toBeLessThan(1e-6);
    expect(Math.abs(probability[0]! - probability[1]!)).toBeGreaterThan(1e-3);
    await loaded.release();
  });

  test('of a text that never had a code takes every code as unknown', async () => {
    const frame = frameOf({ town: ['', '', ''] });
    const built = build({}, 0.5, ['town'], { frame, labels: new Uint8Array(3) });
    const loaded = await createOnnxInference().load(built.model);
    const { scores: probability } = await loaded.predict(frameOf({ town: ['t1', '', 't2', 't1'] }), classesFor(4, 9));
    const [wanted] = await expected(built, frame);
    for (const value of probability) expect(Math.abs(value - (wanted ?? 0))).toBeLessThan(1e-6);
    expect(probability).toHaveLength(4);
    await loaded.release();
  });

  test('answers with the two labels by the threshold, and with probabilities that add up to 1', async () => {
    const loaded = await createOnnxInference().load(build({}, 0.7).model);
    const { frame } = people(100, 3);
    const feeds = Object.fromEntries(
      Object.entries(frame.columns).map(([name, { type, values }]) => [
        name,
        type === 'number'
          ? ({ type: 'float32', shape: [100, 1], data: Float32Array.from(values) } as const)
          : ({ type: 'string', shape: [100, 1], data: values } as const),
      ]),
    );
    const { label, probabilities } = await loaded.run(feeds);
    expect(label).toMatchObject({ type: 'int64', shape: [100] });
    expect(probabilities).toMatchObject({ type: 'float32', shape: [100, 2] });
    const p = probabilities!.data as Float32Array;
    for (let row = 0; row < 100; row++) {
      expect(p[2 * row]! + p[2 * row + 1]!).toBeCloseTo(1, 6);
      expect((label!.data as BigInt64Array)[row]).toBe(p[2 * row + 1]! >= 0.7 ? 9n : 4n);
    }
    expect(new Set(label!.data as BigInt64Array).size).toBe(2);
    await loaded.release();
  });

  test('takes one tensor per raw column, in the order of the definition', async () => {
    const loaded = await createOnnxInference().load(build().model);
    expect(loaded.signature).toEqual({
      inputs: [
        { name: 'age', type: 'float32', shape: [null, 1] },
        { name: 'colour', type: 'string', shape: [null, 1] },
        { name: 'income', type: 'float32', shape: [null, 1] },
        { name: 'town', type: 'string', shape: [null, 1] },
      ],
      outputs: [
        { name: 'label', type: 'int64', shape: [null] },
        { name: 'probabilities', type: 'float32', shape: [null, 2] },
      ],
    });
    await loaded.release();
  });
});

test('several networks answer by the mean of their logits', async () => {
  const { frame } = people(50, 3);
  const one = build();
  const halved = one.theta.map((value) => value / 2);
  const { encoding, network, theta } = one;
  const both = encodeModel(exportedModel({ encoding, network, thetas: [theta, halved], ...exportOf(4, 9) }));
  const logit = (probability: number): number => Math.log(probability / (1 - probability));
  const [first, second] = [await expected(one, frame), await expected({ ...one, theta: halved }, frame)];
  const loaded = await createOnnxInference().load(both);
  const { scores } = await loaded.predict(frame, classesFor(4, 9));
  await loaded.release();
  for (const [row, score] of scores.entries())
    expect(score).toBeCloseTo(1 / (1 + Math.exp(-(logit(first[row]!) + logit(second[row]!)) / 2)), 4);
});

test('first parameters vary by the inputs that are active at once: each number, one of each column, the width of embeddings', () => {
  const { frame } = people(200, 1);
  const deviations = (over: Partial<SettingsOf<'network'>>) => {
    const encoding = fitEncoding(features, frame, settingsOf(over));
    const network = designNetwork(settingsOf(over), encoding, 1);
    const theta = initialParameters(network, encodeRows(encoding, frame), 5);
    return Object.fromEntries(
      network.parameters.map(({ name, offset, size }) => {
        const drawn = theta.subarray(offset, offset + size).filter((value) => value !== 0);
        return [name, Math.sqrt(drawn.reduce((sum, value) => sum + value ** 2, 0) / Math.max(1, drawn.length))];
      }),
    );
  };
  const wide = { hidden: [200, 150] };
  const oneHot = deviations(wide);
  // Two numbers and two texts.
  expect(oneHot.weight0! / Math.sqrt(2 / 4)).toBeCloseTo(1, 1);
  expect(oneHot.weight1! / Math.sqrt(2 / 200)).toBeCloseTo(1, 1);
  expect([oneHot.weight2, oneHot.bias0, oneHot.bias1, oneHot.bias2]).toEqual([0, 0, 0, 0]);
  const embedded = deviations({ ...wide, encoding: { embed: 3 } });
  // Two numbers, one text in three codes, and the town in so many numbers.
  expect(embedded.embedding! / 0.1).toBeGreaterThan(0.8);
  expect(embedded.embedding! / 0.1).toBeLessThan(1.2);
});

test('slots that no training row fills start at 0, so that an unknown code changes nothing', () => {
  const { frame } = people(200, 1);
  const encoding = fitEncoding(features, frame);
  const network = designNetwork(settingsOf(), encoding, 1);
  const theta = initialParameters(network, encodeRows(encoding, frame), 5);
  const { offset, shape } = network.parameters.find(({ name }) => name === 'weight0')!;
  const row = (slot: number) => {
    const start = offset + (network.numeric + slot) * shape[1]!;
    return theta.subarray(start, start + shape[1]!);
  };
  const neverSeen = encoding.oneHot[0]!.codes.indexOf('never seen') + 1;
  expect(row(neverSeen).every((value) => value === 0)).toBe(true);
  expect(row(encoding.oneHot[0]!.codes.indexOf('red') + 1).some((value) => value !== 0)).toBe(true);
});

test('a feature that is called as an output is refused', () => {
  const { encoding, network, theta } = build();
  const clash = { ...encoding, inputs: [{ name: 'label', type: 'string' as const }] };
  const job = { encoding: clash, network, thetas: [theta], ...exportOf(0, 1) };
  expect(() => exportedModel(job)).toThrow(/cannot be called "label"/);
});
