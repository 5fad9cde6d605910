import { describe, expect, test } from 'vitest';
import { GraphBuilder, nodeOf } from '../../ml/onnx/graph.ts';
import { decodeModel, encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { tensorOf, tensorValues } from '../../ml/onnx/tensor.ts';
import { createRangeCollector } from '../../ml/onnx/quantize/calibration.ts';
import { findLayers } from '../../ml/onnx/quantize/find-layers.ts';
import { GraphView, isOperator, Rewrite } from '../../ml/onnx/quantize/graph-view.ts';

type Build = (g: GraphBuilder, x: string) => string;

function graphOf(build: Build): ModelProto {
  const g = new GraphBuilder('graph');
  const y = build(g, g.input('x', 'float32', ['batch', 2]));
  g.output(g.node('Identity', [y], {}, { output: 'y' }), 'float32');
  return decodeModel(encodeModel(g.model()));
}
const weights = Float32Array.of(1, 2, 3, 4, 5, 6);

describe('a layer', () => {
  const layersOf = (dims: readonly number[], bias?: readonly number[]) => {
    const size = dims.reduce((all, one) => all * one, 1);
    const model = graphOf((g, x) => {
      const w = g.constant('w', new Float32Array(size).fill(1), dims);
      const b = bias === undefined ? [] : [g.constant('b', Float32Array.from(bias), [bias.length])];
      return g.node('Gemm', [x, w, ...b], {}, { output: 'dense' });
    });
    for (const node of model.graph.node) node.name = '';
    return findLayers(new GraphView(model));
  };
  test('without a name is called by what it gives', () => {
    expect(layersOf([2, 3]).layers.map(({ name }) => name)).toEqual(['dense']);
  });
  test.each([
    [[2, 3], null],
    [[1, 1], null],
    [[2, 0], 'its weights have the shape [2, 0]'],
    [[0, 2], 'its weights have the shape [0, 2]'],
    [[6], 'its weights have the shape [6]'],
    [[1, 2, 3], 'its weights have the shape [1, 2, 3]'],
  ])('has weights of two dimensions that hold something: %j', (dims, reason) => {
    const { layers, skipped } = layersOf(dims);
    expect(skipped).toEqual(reason === null ? [] : [{ node: 'dense', reason }]);
    expect(layers).toHaveLength(reason === null ? 1 : 0);
  });
  test('may have one bias for all of its columns', () => {
    expect(layersOf([2, 3], [0.5]).layers[0]?.bias).toEqual(Float32Array.of(0.5, 0.5, 0.5));
  });
});

describe('a graph', () => {
  test('has operators of the ONNX standard under either of its names', () => {
    for (const domain of ['', 'ai.onnx'])
      expect(isOperator(nodeOf('Gemm', [], ['y'], {}, domain), 'MatMul', 'Gemm')).toBe(true);
    expect(isOperator(nodeOf('Gemm', [], ['y'], {}, 'com.microsoft'), 'Gemm')).toBe(false);
    expect(isOperator(nodeOf('Abs', [], ['y']), 'Gemm')).toBe(false);
    const model = graphOf((g, x) => g.node('Abs', [x]));
    const opsets = (...opsetImport: { domain?: string; version: number }[]) =>
      new GraphView({ ...model, opsetImport }).opset;
    expect(opsets({ domain: 'ai.onnx.ml', version: 4 }, { domain: 'ai.onnx', version: 17 })).toBe(17);
    expect(opsets({ domain: 'ai.onnx.ml', version: 4 })).toBe(0);
  });
  test('gives names that nothing has, each once', () => {
    const view = new GraphView(graphOf((g, x) => g.node('Abs', [x], {}, { output: 'a' })));
    expect([view.unique('a'), view.unique('a'), view.unique('x'), view.unique('new'), view.unique('new')]).toEqual([
      'a_1',
      'a_2',
      'x_1',
      'new',
      'new_1',
    ]);
  });
  test('knows constants of either form, and none that a node computes', () => {
    const model = graphOf((g, x) => {
      g.node('Constant', [], { value_floats: { floats: [1.5, 2] } }, { output: 'floats' });
      g.node('Constant', [], { value: { tensor: tensorOf('t', weights, [6]) } }, { output: 'tensor' });
      g.node('Constant', [], { value_ints: { ints: [1] } }, { output: 'ints' });
      return g.node('Abs', [x], {}, { output: 'computed' });
    });
    const view = new GraphView(model);
    const floats = view.constant('floats');
    expect(floats === undefined ? null : tensorValues(floats).data).toEqual(Float32Array.of(1.5, 2));
    expect(view.constant('tensor')?.dims).toEqual([6]);
    expect([view.constant('ints'), view.constant('computed'), view.constant(undefined)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
  test('loses the constants that nothing uses any more, and keeps what is computed for nobody', () => {
    const model = graphOf((g, x) => {
      g.node('Constant', [], { value_floats: { floats: [1] } }, { output: 'unused' });
      g.node('Identity', ['unused'], {}, { output: 'alias' });
      g.node('Abs', [x], {}, { output: 'nobody' });
      g.constant('left', weights, [6]);
      return g.node('Mul', [x, g.node('Constant', [], { value_floats: { floats: [1] } }, { output: 'used' })]);
    });
    const { graph } = new Rewrite(new GraphView(model)).model();
    expect(graph.node.flatMap(({ output }) => output)).toEqual(
      model.graph.node.flatMap(({ output }) => output).filter((name) => name !== 'unused' && name !== 'alias'),
    );
    expect(graph.node.flatMap(({ output }) => output)).toEqual(expect.arrayContaining(['nobody', 'used']));
    expect(graph.initializer).toEqual([]);
  });
});

describe('a dense layer', () => {
  const found = (build: Build, rank: number | null = 2) => {
    const { layers, skipped } = findLayers(new GraphView(graphOf(build)), () => rank);
    expect(skipped).toEqual([]);
    expect(layers).toHaveLength(1);
    const [{ weights: matrix, bias, add, activation, rank: known }] = layers as [(typeof layers)[number]];
    return { ...matrix, data: [...matrix.data], bias: bias && [...bias], add: add !== null, activation, rank: known };
  };
  const w = (g: GraphBuilder, dims = [2, 3]) => g.constant('w', weights, dims);
  const b = (g: GraphBuilder, values: number[], dims?: number[]) =>
    g.constant('b', Float32Array.from(values), dims ?? [values.length]);
  const plain = { rows: 2, columns: 3, data: [1, 2, 3, 4, 5, 6], activation: 'x' };
  test.each<[string, Build, object]>([
    ['a product', (g, x) => g.node('MatMul', [x, w(g)]), { bias: null, add: false, rank: 2 }],
    [
      'a product with the bias before it',
      (g, x) => g.node('Add', [b(g, [7, 8, 9]), g.node('MatMul', [x, w(g)])]),
      { bias: [7, 8, 9], add: true },
    ],
    [
      'a product with the bias after it, in a row of its own',
      (g, x) => g.node('Add', [g.node('MatMul', [x, w(g)]), b(g, [7, 8, 9], [1, 3])]),
      { bias: [7, 8, 9], add: true },
    ],
    [
      'a product with one bias for all',
      (g, x) => g.node('Add', [g.node('MatMul', [x, w(g)]), g.scalar('b', 4)]),
      { bias: [4, 4, 4], add: true },
    ],
    [
      'a product with a bias that makes more rows of one',
      (g, x) => g.node('Add', [g.node('MatMul', [x, w(g)]), b(g, [1, 2], [2, 1])]),
      { bias: null, add: false },
    ],
    [
      'a product with a bias of one value in two dimensions',
      (g, x) => g.node('Add', [g.node('MatMul', [x, w(g)]), b(g, [1], [1, 1])]),
      { bias: null, add: false },
    ],
    [
      'a Gemm of transposed weights, scaled',
      (g, x) =>
        g.node('Gemm', [x, w(g, [3, 2]), b(g, [1, 2, 3])], {
          transB: { int: 1 },
          alpha: { float: 2 },
          beta: { float: -1 },
        }),
      { bias: [-1, -2, -3], add: false, rank: 2, data: [2, 6, 10, 4, 8, 12] },
    ],
  ])('is read from %s', (_, build, expected) => {
    expect(found(build)).toMatchObject({ ...plain, ...expected });
  });
  test('of a vector, or of unknown rank, takes no bias that would make a row of it', () => {
    const build: Build = (g, x) => g.node('Add', [g.node('MatMul', [x, w(g)]), b(g, [7, 8, 9], [1, 3])]);
    expect([found(build, 1).add, found(build, null).add, found(build, 3).add]).toEqual([false, false, true]);
  });
});

test('an activation of one value was seen, one of none was not', () => {
  const activations = ['one', 'none'].map((value) => ({ value, output: value }));
  const collector = createRangeCollector({ activations, model: graphOf((g, x) => g.node('Abs', [x])) });
  collector.add({
    one: { shape: [1, 1], data: Float32Array.of(3) },
    none: { shape: [0, 1], data: new Float32Array() },
  });
  expect([...collector.ranges()]).toEqual([['one', { min: 3, max: 3, rank: 2 }]]);
});
