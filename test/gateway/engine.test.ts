import { array, assert, asyncProperty, constantFrom, integer, tuple } from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { Batcher } from '../../gateway/models/batcher.ts';
import { coolLeastAsked, memoryPerByte } from '../../gateway/models/evict.ts';
import type { Feeds } from '../../contracts/data/tensor.ts';
import { rowsAreIndependent } from '../../gateway/models/verify-rows.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { echoModel, people, tinyModel } from './models.ts';

const engine = createOnnxInference();
const answer = { bytes: 2 ** 20, texts: 10_000 };
const loaded: LoadedModel[] = [];
const load = async (bytes: Uint8Array): Promise<LoadedModel> => {
  const model = await engine.load(bytes);
  loaded.push(model);
  return model;
};
afterEach(async () => {
  for (const model of loaded.splice(0)) await model.release();
});

/** `y = f(x)` of a matrix `[rows, 2]`, where `f` is one node. */
function matrixModel(op: string, attributes: object, batch: string | number = 'batch'): Uint8Array {
  const graph = new GraphBuilder('matrix');
  const x = graph.input('x', 'float32', [batch, 2]);
  graph.output(graph.node(op, [x], attributes as never), 'float32', [batch, 2], 'y');
  return encodeModel(graph.model());
}

/** Rows that see each other's range: the inputs are quantized by the smallest and largest value of the whole batch. */
function dynamicallyQuantizedModel(): Uint8Array {
  const graph = new GraphBuilder('quantized');
  const x = graph.input('x', 'float32', ['batch', 2]);
  const [codes, scale, zero] = graph.multiNode('DynamicQuantizeLinear', [x], ['codes', 'scale', 'zero']);
  graph.output(graph.node('DequantizeLinear', [codes!, scale!, zero!]), 'float32', ['batch', 2], 'y');
  return encodeModel(graph.model());
}

/** `y = x - mean(x)`, the mean over the batch. */
function centredModel(): Uint8Array {
  const graph = new GraphBuilder('centred');
  const x = graph.input('x', 'float32', ['batch', 2]);
  const mean = graph.node('ReduceMean', [x, graph.ints('axes', [0])], { keepdims: { int: 1 } });
  graph.output(graph.node('Sub', [x, mean]), 'float32', ['batch', 2], 'y');
  return encodeModel(graph.model());
}

/** A network of two layers, wide enough for matrix kernels that differ by the number of rows. */
function networkModel(): Uint8Array {
  const graph = new GraphBuilder('network');
  const weights = (stem: string, from: number, to: number): string =>
    graph.constant(
      stem,
      Float32Array.from({ length: from * to }, (_, i) => Math.sin(i * 12.9898)),
      [from, to],
    );
  const x = graph.input('x', 'float32', ['batch', 64]);
  const hidden = graph.node('Relu', [graph.node('MatMul', [x, weights('first', 64, 64)])]);
  graph.output(graph.node('MatMul', [hidden, weights('second', 64, 32)]), 'float32', ['batch', 32], 'y');
  return encodeModel(graph.model());
}

/** Takes rows of a table of three by their number, and refuses any other number. */
function embeddingModel(): Uint8Array {
  const graph = new GraphBuilder('embedding');
  const id = graph.input('id', 'int64', ['batch']);
  const table = graph.constant('table', Float32Array.of(0.5, 1.5, 2.5), [3, 1]);
  graph.output(graph.node('Gather', [table, id]), 'float32', ['batch', 1], 'y');
  return encodeModel(graph.model());
}

/** Says the same to every question. */
function constantModel(): Uint8Array {
  const graph = new GraphBuilder('constant');
  const x = graph.input('x', 'float32', ['batch', 2]);
  graph.output(graph.node('Mul', [x, graph.scalar('nothing', 0)]), 'float32', ['batch', 2], 'y');
  return encodeModel(graph.model());
}

const valuesOf = (tensor: Tensor | undefined): unknown[] => [...((tensor?.data ?? []) as Iterable<unknown>)];

/** Counts the passes of a model. */
function counted(model: LoadedModel): { model: Pick<LoadedModel, 'signature' | 'run'>; passes: () => number } {
  let passes = 0;
  return {
    passes: () => passes,
    model: {
      signature: model.signature,
      run: (feeds) => {
        passes += 1;
        return model.run(feeds);
      },
    },
  };
}

describe('a batch', () => {
  it('gives every request what it would have got alone, in few passes', async () => {
    const model = await load(tinyModel(0.3));
    const row = tuple(integer({ min: -50, max: 150 }), constantFrom('a', 'b', 'c', ''));
    await assert(
      asyncProperty(
        array(array(row, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 12 }),
        async (requests) => {
          const { model: watched, passes } = counted(model);
          const batcher = new Batcher(watched, 64, answer);
          const together = await Promise.all(requests.map((rows) => batcher.run(people(rows), rows.length, 'normal')));
          expect(passes()).toBe(1);
          for (const [i, rows] of requests.entries()) {
            const alone = await model.run(people(rows));
            expect(valuesOf(together[i]!.outputs.label)).toEqual(valuesOf(alone.label));
            expect(together[i]!.outputs.probabilities!.shape).toEqual([rows.length, 2]);
            const [got, wanted] = [together[i]!.outputs.probabilities!.data, alone.probabilities!.data];
            for (let at = 0; at < wanted.length; at++) expect(Number(got[at])).toBeCloseTo(Number(wanted[at]), 5);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('holds no more rows than it may, and asks the highest priority first', async () => {
    const { model, passes } = counted(await load(tinyModel(0)));
    const batcher = new Batcher(model, 4, answer);
    const order: string[] = [];
    const ask = (priority: 'high' | 'normal' | 'low'): Promise<unknown> =>
      batcher.run(people([[1, 'a']]), 1, priority).then(({ batchRows }) => order.push(`${priority} ${batchRows}`));
    await Promise.all(
      'lnh'
        .repeat(4)
        .split('')
        .map((p) => ask(p === 'l' ? 'low' : p === 'n' ? 'normal' : 'high')),
    );
    expect(passes()).toBe(3);
    expect(order).toEqual([...Array(4).fill('high 4'), ...Array(4).fill('normal 4'), ...Array(4).fill('low 4')]);
  });

  it('answers a request of many rows in passes, with the answers of one pass', async () => {
    const { model, passes } = counted(await load(tinyModel(0)));
    const rows = Array.from({ length: 3_000 }, (_, i): [number, string] => [i % 90, i % 2 === 0 ? 'a' : 'b']);
    const whole = await model.run(people(rows));
    const before = passes();
    const { outputs, batchRows } = await new Batcher(model, 64, answer).run(people(rows), rows.length, 'normal');
    expect(passes() - before).toBeGreaterThan(1);
    expect(batchRows).toBe(3_000);
    expect(outputs).toEqual(whole);
  });

  it('fails a request whose answer is too large as a whole, though each of its passes is not', async () => {
    const batcher = new Batcher(await load(tinyModel(0)), 64, { bytes: 16_000, texts: 0 });
    const rowsOf = (count: number) => Array.from({ length: count }, (): [number, string] => [1, 'a']);
    expect((await batcher.run(people(rowsOf(1_000)), 1_000, 'normal')).batchRows).toBe(1_000);
    await expect(batcher.run(people(rowsOf(1_100)), 1_100, 'normal')).rejects.toThrow('and 16000 are allowed');
  });

  it('does not ask the model for those whose deadline passed while they waited', async () => {
    const { model, passes } = counted(await load(tinyModel(0)));
    const batcher = new Batcher(model, 64, answer);
    const ask = (deadline: number | null) => batcher.run(people([[1, 'a']]), 1, 'normal', deadline);
    const soon = performance.now() + 0.001;
    const settled = await Promise.allSettled([ask(soon), ask(null), ask(performance.now() + 60_000), ask(soon)]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'rejected']);
    expect(settled[0]).toMatchObject({ reason: { status: 504 } });
    expect(settled[1]).toMatchObject({ value: { batchRows: 2 } });
    expect(passes()).toBe(1);
    await expect(ask(performance.now() - 1)).rejects.toMatchObject({ status: 504 });
    expect(passes()).toBe(1);
  });

  it('does not let a request that fails take its neighbours with it', async () => {
    const model = await load(tinyModel(0));
    const refusing: Pick<LoadedModel, 'signature' | 'run'> = {
      signature: model.signature,
      run: async (feeds) => {
        if (valuesOf(feeds.age).includes(13)) throw new Error('13 is unlucky');
        return model.run(feeds);
      },
    };
    const batcher = new Batcher(refusing, 64, answer);
    const settled = await Promise.allSettled([1, 13, 2].map((age) => batcher.run(people([[age, 'a']]), 1, 'normal')));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('leaves requests of other shapes to the next pass', async () => {
    const graph = new GraphBuilder('ragged');
    const x = graph.input('x', 'float32', ['batch', 'length']);
    graph.output(graph.node('Relu', [x]), 'float32', ['batch', 'length'], 'y');
    const { model, passes } = counted(await load(encodeModel(graph.model())));
    const batcher = new Batcher(model, 64, answer);
    const ask = (length: number): ReturnType<Batcher['run']> =>
      batcher.run(
        { x: { type: 'float32', shape: [1, length], data: new Float32Array(length).fill(length) } },
        1,
        'normal',
      );
    const answers = await Promise.all([ask(2), ask(2), ask(3)]);
    expect(answers.map(({ outputs }) => valuesOf(outputs.y))).toEqual([
      [2, 2],
      [2, 2],
      [3, 3, 3],
    ]);
    expect(passes()).toBe(2);
  });
});

describe('rows', () => {
  it.each<[string, () => Uint8Array, boolean]>([
    ['of a classifier are independent', () => tinyModel(0), true],
    ['of a network by element are independent', () => matrixModel('Relu', {}), true],
    ['of a network with matrix kernels are independent', networkModel, true],
    ['of every type are independent', echoModel, true],
    ['under a softmax over the batch are not', () => matrixModel('Softmax', { axis: { int: 0 } }), false],
    ['less their mean over the batch are not', centredModel, false],
    ['quantized by the range of the batch are not', dynamicallyQuantizedModel, false],
    ['of a model of fixed size are never joined', () => matrixModel('Relu', {}, 1), false],
    ['whose answers are all the same say nothing', constantModel, false],
  ])('%s', async (_, bytes, independent) => {
    expect(await rowsAreIndependent(await load(bytes()), [])).toBe(independent);
  });

  it('that were really asked speak for a model that refuses most random ones', async () => {
    const model = await load(embeddingModel());
    expect(await rowsAreIndependent(model, [])).toBe(false);
    const asked: Feeds = { id: { type: 'int64', shape: [3], data: BigInt64Array.of(0n, 1n, 2n) } };
    expect(await rowsAreIndependent(model, [asked])).toBe(true);
  });
});

describe('room in memory', () => {
  const model = (askedAt: number, bytes: number, pinned = false) => ({
    askedAt,
    bytes,
    pinned,
    hot: true,
    cool() {
      this.hot = false;
    },
  });
  const hotOf = (models: readonly { hot: boolean; askedAt: number }[]): number[] =>
    models.filter(({ hot }) => hot).map(({ askedAt }) => askedAt);

  it('is made by the models that were asked least lately, but for those in a release', () => {
    const models = [model(3, 1), model(1, 1, true), model(2, 1), model(4, 1)];
    coolLeastAsked(models, { memory: 100, hot: 2 });
    expect(hotOf(models)).toEqual([1, 4]);
  });

  it('is made by bytes too, and the model that was asked last stays at any size', () => {
    const models = [model(1, 60), model(2, 30), model(3, 200)];
    coolLeastAsked(models, { memory: 100 * memoryPerByte, hot: 50 });
    expect(hotOf(models)).toEqual([3]);
  });
});
