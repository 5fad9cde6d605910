import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trialRows } from '../../gateway/models/sample-feeds.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import type { ElementType } from '../../ml/onnx/tensor.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { echoModel, people, poison, wordyModel } from '../gateway/models.ts';
import { binary, classesFor } from '../support/classes.ts';
import { patience } from '../support/patience.ts';
import { frameOf } from '../training/support.ts';

/** A way to load a model. */
export interface InferenceUnderTest {
  /** With answers of at most 2^20 bytes. */
  load(model: Uint8Array): Promise<LoadedModel>;
  close(): Promise<void>;
}

/** Bytes that an answer may have. */
export const answerBytes = 2 ** 20;

export interface ClassifierForm {
  label?: 'int64' | 'string' | 'bool' | 'float32';
  /** Columns of `probabilities`. */
  width?: 1 | 2 | 3;
  names?: [string, string];
  input?: ElementType;
}

/** `p = x`, and the label says whether `x > 0.5`, in the wanted form. */
export function classifier({
  label = 'int64',
  width = 2,
  names = ['label', 'probabilities'],
  input = 'float32',
}: ClassifierForm = {}): Uint8Array {
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

/** What every way to run a model must do. */
export function inferenceSuite(name: string, start: () => Promise<InferenceUnderTest>): void {
  describe(`inference: ${name}`, () => {
    let subject: InferenceUnderTest;
    let model: LoadedModel;
    beforeAll(async () => {
      subject = await start();
      model = await subject.load(classifier());
    });
    afterAll(async () => {
      await model?.release();
      await subject?.close();
    });

    async function withModel<T>(bytes: Uint8Array, work: (model: LoadedModel) => Promise<T>): Promise<T> {
      const loaded = await subject.load(bytes);
      try {
        return await work(loaded);
      } finally {
        await loaded.release();
      }
    }

    test('predicts for each row, in order, by label and probability of the positive class', async () => {
      expect(await model.predict(frameOf({ x: [0.25, 0.75, 0.5] }), binary)).toEqual({
        answer: Float64Array.of(0, 1, 0),
        scores: Float64Array.of(0.25, 0.75, 0.5),
        width: 1,
      });
      expect((await model.predict(frameOf({ x: [] }), binary)).answer).toHaveLength(0);
    });

    test('predicts for many rows in order, and lets the event loop breathe in between', async () => {
      const values = Array.from({ length: 10_000 }, (_, row) => row / 16_384);
      let turns = 0;
      const timer = setInterval(() => turns++, 0);
      const { scores: probability } = await model.predict(frameOf({ x: values }), binary);
      clearInterval(timer);
      expect(Array.from(probability)).toEqual(values);
      expect(turns).toBeGreaterThan(0);
    });

    test('stops between chunks, within a second, with the reason of its signal', async () => {
      const stop = new AbortController();
      const rows = Array.from({ length: 400_000 }, () => 0.5);
      const predicted = model.predict(frameOf({ x: rows }), binary, stop.signal);
      const since = performance.now();
      setImmediate(() => stop.abort(new Error('stopped by a test')));
      await expect(predicted).rejects.toThrow('stopped by a test');
      expect(performance.now() - since).toBeLessThan(patience(1_000));
      expect((await model.predict(frameOf({ x: [0.75] }), binary)).answer).toEqual(Float64Array.of(1));
    });

    test('refuses rows without a column that the model takes, by name', async () => {
      const failure = model.predict(frameOf({ y: [1] }), binary);
      await expect(failure).rejects.toMatchObject({ type: 'InvalidDataError', details: { column: 'x' } });
      expect(() => model.feeds(frameOf({ y: [1] }))).toThrow(/column "x" is missing/);
    });

    test('refuses rows with a value that the type of the input lacks', () =>
      withModel(classifier({ input: 'int64' }), async (whole) => {
        const failure = whole.predict(frameOf({ x: [Number.NaN] }), binary);
        await expect(failure).rejects.toThrow(/column "x" has missing values, and int64 has none/);
        await expect(failure).rejects.toMatchObject({ type: 'InvalidDataError' });
      }));

    test('refuses labels that are none of the classes', async () => {
      const failure = model.predict(frameOf({ x: [0.25] }), classesFor('no', 'yes', 'string'));
      await expect(failure).rejects.toMatchObject({ type: 'InvalidModelError' });
    });

    test('makes of a frame the feeds of a pass, and gives back outputs with type and shape', async () => {
      const feeds = model.feeds(frameOf({ x: [0.75, 0.25] }));
      expect(feeds).toEqual({ x: { type: 'float32', shape: [2, 1], data: Float32Array.of(0.75, 0.25) } });
      expect(await model.run(feeds)).toEqual({
        label: { type: 'int64', shape: [2], data: BigInt64Array.of(1n, 0n) },
        probabilities: { type: 'float32', shape: [2, 2], data: Float32Array.of(0.25, 0.75, 0.75, 0.25) },
      });
    });

    test('hands tensors of every type through, and fails a pass without its inputs alone', () =>
      withModel(echoModel(), async (echo) => {
        for (const feeds of trialRows(echo.signature)) {
          const outputs = await echo.run(feeds);
          for (const [input, tensor] of Object.entries(feeds)) expect(outputs[`${input}_out`], input).toEqual(tensor);
        }
        await expect(echo.run({})).rejects.toThrow();
        const many = Array.from({ length: 20 }, () => echo.run(trialRows(echo.signature)[0]!));
        expect(await Promise.all(many)).toHaveLength(20);
      }));

    test('refuses bytes that are not a model', async () => {
      await expect(subject.load(new TextEncoder().encode('<html>'))).rejects.toMatchObject({
        type: 'InvalidModelError',
      });
    });

    test('fails a pass that answers with more than is taken, and the model after three single rows in a row', () =>
      withModel(wordyModel(answerBytes), async (wordy) => {
        const bad = people([[2 * poison, 'a']]);
        const good = people([[1, 'a']]);
        const twice = people([
          [2 * poison, 'a'],
          [1, 'b'],
        ]);
        // Who asks for much is to blame for that much.
        for (let i = 0; i < 4; i++) await expect(wordy.run(twice)).rejects.toThrow('are allowed');
        for (let i = 0; i < 2; i++)
          await expect(wordy.run(bad)).rejects.toThrow(/answers with 4194\d{3} bytes, and 1048576 are allowed/);
        expect((await wordy.run(good)).extra!.shape).toEqual([1]);
        for (let i = 0; i < 3; i++) await expect(wordy.run(bad)).rejects.toThrow('are allowed');
        await expect(wordy.run(good)).rejects.toMatchObject({
          type: 'InvalidModelError',
          message: expect.stringContaining('answered 3 single rows in a row with more than') as string,
        });
      }));
  });
}
