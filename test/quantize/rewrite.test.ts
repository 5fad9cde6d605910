import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { decodeModel, encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { tensorOf } from '../../ml/onnx/tensor.ts';
import { createRangeCollector, instrument } from '../../ml/onnx/quantize/calibration.ts';
import { quantizeDynamic } from '../../ml/onnx/quantize/dynamic.ts';
import { nothingToQuantize } from '../../ml/onnx/quantize/quantized.ts';
import { quantizeStatic } from '../../ml/onnx/quantize/static.ts';
import { createRandom } from '../../ml/random.ts';
import { calibrate, initializer, meanError, modelOf, operators, oracleCases, run } from './support.ts';

const random = createRandom(8);
const normals = (count: number, deviation = 1) =>
  Float32Array.from({ length: count }, () => deviation * random.normal());
const rows = Array.from(normals(60));

type Build = (g: GraphBuilder, x: string) => string;

/** A graph of input `x` [batch, 6] and output `y`. */
function graphOf(build: Build, shape: readonly (string | number)[] = ['batch', 6]): ModelProto {
  const g = new GraphBuilder('graph');
  const y = build(g, g.input('x', 'float32', shape));
  g.output(g.node('Identity', [y], {}, { output: 'y' }), 'float32');
  return decodeModel(encodeModel(g.model({ domains: { [mlDomain]: 4 } })));
}

const weights = (g: GraphBuilder, dims = [6, 4]) => g.constant('w', normals(24, 0.5), dims);

const dense: Record<string, Build> = {
  'a MatMul': (g, x) => g.node('MatMul', [x, weights(g)]),
  'a MatMul with a bias before it in the Add': (g, x) =>
    g.node('Add', [g.constant('b', normals(4)), g.node('MatMul', [x, weights(g)])]),
  'a MatMul with a bias of one row': (g, x) =>
    g.node('Add', [g.node('MatMul', [x, weights(g)]), g.constant('b', normals(4), [1, 4])]),
  'a MatMul whose result is used twice': (g, x) => {
    const product = g.node('MatMul', [x, weights(g)]);
    return g.node('Sub', [g.node('Add', [product, g.constant('b', normals(4))]), g.node('Tanh', [product])]);
  },
  'a Gemm without bias': (g, x) => g.node('Gemm', [x, weights(g)]),
  'a Gemm with alpha, beta and transposed weights': (g, x) =>
    g.node('Gemm', [x, weights(g, [4, 6]), g.constant('b', normals(4), [1, 4])], {
      transB: { int: 1 },
      alpha: { float: 0.3 },
      beta: { float: -2 },
    }),
  'a Gemm with one bias for all columns': (g, x) => g.node('Gemm', [x, weights(g), g.scalar('b', 3)]),
  'a Gemm with a dead column and a bias': (g, x) => {
    const dead = normals(24).map((value, at) => (at % 4 === 2 ? 0 : value));
    return g.node('Gemm', [x, g.constant('w', dead, [6, 4]), g.constant('b', Float32Array.of(0, 1, 5.123, -7))]);
  },
  'weights in a Constant node behind an Identity': (g, x) => {
    const w = g.node('Constant', [], { value: { tensor: tensorOf('', normals(24), [6, 4]) } });
    return g.node('MatMul', [x, g.node('Identity', [w])]);
  },
  'two layers on one activation': (g, x) => {
    const t = g.node('Tanh', [x]);
    return g.node('Add', [g.node('MatMul', [t, weights(g)]), g.node('Gemm', [t, weights(g)])]);
  },
  'names that the rewrite would give': (g, x) => {
    const taken = g.node('Abs', [x], {}, { output: 'x_quantized' });
    return g.node('MatMul', [g.node('Add', [x, taken], {}, { output: 'x_scale' }), weights(g)]);
  },
};

describe.each(Object.entries(dense))('%s', (_, build) => {
  const model = graphOf(build);

  test.each(['dynamic', 'static'] as const)('computes in INT8 after %s quantization, close to fp32', async (kind) => {
    const ranges = await calibrate(model, rows, [10, 6]);
    const quantize = () => (kind === 'dynamic' ? quantizeDynamic(model) : quantizeStatic(model, ranges));
    const { model: quantized, quantizedNodes, skippedNodes } = quantize();
    expect(quantizedNodes.length).toBeGreaterThan(0);
    expect(skippedNodes).toEqual([]);
    expect(encodeModel(quantize().model)).toEqual(encodeModel(quantized));

    expect(quantized.graph.input).toEqual(model.graph.input);
    expect(quantized.graph.output).toEqual(model.graph.output);
    const floats = quantized.graph.initializer.filter(
      ({ dims, dataType }) => dataType === 1 && dims.length === 2 && dims[0]! > 1,
    );
    expect(floats).toEqual([]);
    expect(operators(quantized)).not.toContain('Constant');

    const before = (await run(model, rows, [10, 6])).y!;
    const after = (await run(quantized, rows, [10, 6])).y!;
    const values = Array.from(before.data, Number);
    expect(after.shape).toEqual(before.shape);
    const error = meanError(after.data, values);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.03 * meanError(new Float32Array(values.length), values));
  });
});

const left: [string, Build, string][] = [
  [
    'a Gemm on a transposed activation',
    (g, x) => g.node('Gemm', [x, g.constant('w', normals(10 * 4), [10, 4])], { transA: { int: 1 } }),
    'its activation is transposed',
  ],
  [
    'a product of two activations',
    (g, x) => g.node('MatMul', [x, g.node('Transpose', [x])]),
    'its weights are computed, or a caller can replace them',
  ],
  [
    'a stack of matrices',
    (g, x) => g.node('MatMul', [x, g.constant('w', normals(12), [1, 6, 2])]),
    'its weights have the shape [1, 6, 2]',
  ],
  [
    'weights of float64',
    (g, x) => {
      const double = g.node('Cast', [x], { to: { int: 11 } });
      return g.node('Cast', [g.node('MatMul', [double, g.constant('w', new Float64Array(12).fill(2), [6, 2])])], {
        to: { int: 1 },
      });
    },
    'its weights are not of float32',
  ],
  [
    'a Gemm with a bias for each row',
    (g, x) => g.node('Gemm', [x, weights(g), g.constant('b', normals(40), [10, 4])]),
    'its bias is not a constant vector of float32',
  ],
  [
    'a convolution',
    (g, x) => {
      const image = g.node('Reshape', [x, g.ints('shape', [-1, 1, 6])]);
      return g.node('Conv', [image, g.constant('w', normals(3), [1, 1, 3])]);
    },
    'Conv is left in fp32',
  ],
];

describe.each(left)('%s', (_, build, reason) => {
  test('is left as it is, and the result says why', async () => {
    const model = graphOf(build);
    const ranges = await calibrate(model, rows, [10, 6]);
    const before = (await run(model, rows, [10, 6])).y!;
    for (const result of [quantizeDynamic(model), quantizeStatic(model, ranges)]) {
      expect(result.quantizedNodes).toEqual([]);
      expect(result.skippedNodes.map((skipped) => skipped.reason)).toEqual([reason]);
      expect(nothingToQuantize(result)).toContain(reason);
      expect((await run(result.model, rows, [10, 6])).y).toEqual(before);
    }
  });
});

test('a model without layers has nothing to quantize', () => {
  const result = quantizeDynamic(graphOf((g, x) => g.node('Tanh', [x])));
  expect(result.skippedNodes).toEqual([]);
  expect(nothingToQuantize(result)).toBe('nothing to quantize: the model has no Gemm or MatMul');
});

test('weights that a caller can replace are not constants', () => {
  const model = graphOf((g, x) => g.node('MatMul', [x, weights(g)]));
  const overridable = new GraphBuilder('other');
  overridable.input('w', 'float32', [6, 4]);
  model.graph.input.push(...overridable.inputs);
  const { skippedNodes } = quantizeDynamic(model);
  expect(skippedNodes[0]?.reason).toBe('its weights are computed, or a caller can replace them');
});

test('a layer in a subgraph is left as it is', () => {
  const model = graphOf((g, x) => {
    const body = (name: string, weight: string) => {
      const inner = new GraphBuilder(name, g);
      inner.output(inner.node('MatMul', [x, weight]), 'float32');
      return inner.graph();
    };
    const [yes, no] = [body('yes', weights(g)), body('no', weights(g))];
    const condition = g.constant('condition', Uint8Array.of(1), [], 'bool');
    return g.node('If', [condition], { then_branch: { graph: yes }, else_branch: { graph: no } });
  });
  const { skippedNodes, model: kept } = quantizeDynamic(model);
  expect(skippedNodes.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 2 }, () => 'it is in a subgraph (Loop, Scan or If)'),
  );
  expect(kept.graph.initializer).toHaveLength(3);
});

test('an old operator set is named as the reason', async () => {
  const model = graphOf((g, x) =>
    g.node('MatMul', [g.node('MatMul', [x, weights(g)]), g.constant('v', normals(8), [4, 2])]),
  );
  const ranges = await calibrate(model, rows, [10, 6]);
  const at = (version: number): ModelProto => ({ ...model, opsetImport: [{ domain: '', version }] });
  expect(quantizeDynamic(at(11)).quantizedNodes).toHaveLength(2);
  expect(quantizeDynamic(at(10)).skippedNodes[0]?.reason).toBe(
    'the model uses operator set 10; export it with 11 or later',
  );
  expect(quantizeStatic(at(13), ranges).quantizedNodes).toHaveLength(2);
  const old = quantizeStatic(at(12), ranges);
  expect(old.quantizedNodes).toEqual([]);
  const [first] = old.skippedNodes;
  expect(nothingToQuantize(old)).toBe(
    `nothing to quantize: ${first?.node}: the model uses operator set 12; export it with 13 or later, and 1 more`,
  );
  expect(nothingToQuantize({ ...old, skippedNodes: old.skippedNodes.slice(0, 1) })).not.toContain('more');
});

test('a MatMul on three dimensions stays a MatMul with its bias in fp32', async () => {
  const shape = [2, 5, 6];
  const model = graphOf(
    (g, x) => g.node('Add', [g.node('MatMul', [x, weights(g)]), g.constant('b', normals(4))]),
    [2, 5, 6],
  );
  const quantized = quantizeStatic(model, await calibrate(model, rows, shape)).model;
  expect(operators(quantized)).not.toContain('Gemm');
  const values = Array.from((await run(model, rows, shape)).y!.data, Number);
  expect(meanError((await run(quantized, rows, shape)).y!.data, values)).toBeLessThan(0.05);
});

test('nodes that are not layers stay, in their order', async () => {
  const [, , sklearn] = oracleCases.map(modelOf);
  const others = (model: ModelProto) =>
    model.graph.node.filter(({ opType }) =>
      ['Scaler', 'Relu', 'Sigmoid', 'ArgMax', 'ArrayFeatureExtractor', 'Concat'].includes(opType),
    );
  expect(others(quantizeDynamic(sklearn!).model)).toEqual(others(sklearn!));
  const ranges = await calibrate(sklearn!, rows.slice(0, 56), [8, 7]);
  expect(others(quantizeStatic(sklearn!, ranges).model)).toEqual(others(sklearn!));
});

describe('calibration', () => {
  const model = graphOf((g, x) => g.node('MatMul', [g.node('Relu', [x]), weights(g)]));

  test('adds outputs after the model’s own', async () => {
    const instrumented = instrument(model);
    expect(instrumented.model.graph.output.map(({ name }) => name)).toEqual(['y', 'Relu_observed']);
    const outputs = await run(instrumented.model, rows, [10, 6]);
    expect(Array.from(outputs.Relu_observed!.data)).toEqual(rows.map((value) => Math.max(0, value)));
  });

  test('cuts off outliers at a percentile, which narrows the scale', async () => {
    const wild = [...rows.slice(0, 59), 1000];
    const whole = await calibrate(model, wild, [10, 6]);
    const cut = await calibrate(model, wild, [10, 6], 95);
    expect(whole.get('Relu')?.max).toBe(1000);
    expect(cut.get('Relu')?.max).toBeLessThan(10);
  });

  test('of values that are not finite, or of none, leaves the layer in fp32', async () => {
    const broken = await calibrate(model, [...rows.slice(0, 59), Infinity], [10, 6]);
    const unseen = createRangeCollector(instrument(model)).ranges();
    const reasons = [broken, unseen].map((ranges) => quantizeStatic(model, ranges).skippedNodes[0]?.reason);
    expect(reasons).toEqual([
      'its activation is not finite on the rows of the calibration',
      'its activation was not seen in the calibration',
    ]);
  });

  test.each([50, 49, 100.5, Number.NaN])('refuses the percentile %d', (percentile) => {
    expect(() => createRangeCollector(instrument(model), percentile)).toThrow('must be in (50, 100]');
  });

  test.each([50.5, 100])('takes the percentile %d', (percentile) => {
    expect(createRangeCollector(instrument(model), percentile).ranges().size).toBe(0);
  });

  test('counts an activation of one value', async () => {
    const one = await calibrate(model, [3, 0, 0, 0, 0, 0], [1, 6]);
    expect(one.get('Relu')).toEqual({ min: 0, max: 3, rank: 2 });
  });

  test('leaves the layer in fp32 where its range is too wide for float32', async () => {
    const ranges = new Map([['Relu', { min: -Number.MAX_VALUE, max: Infinity, rank: 2 }]]);
    expect(quantizeStatic(model, ranges).quantizedNodes).toEqual([]);
  });

  test('refuses the outputs of another model', () => {
    expect(() => createRangeCollector(instrument(model)).add({})).toThrow('no output "Relu_observed"');
  });
});

test('ONNX Runtime fuses the layers to its INT8 operators', async () => {
  const model = graphOf((g, x) => {
    const hidden = g.node('Relu', [g.node('Gemm', [x, weights(g), g.constant('b', normals(4))])]);
    return g.node('Gemm', [hidden, g.constant('v', normals(8), [4, 2]), g.constant('c', normals(2))]);
  });
  const ranges = await calibrate(model, rows, [10, 6]);
  const folder = await mkdtemp(join(tmpdir(), 'quantize-'));
  try {
    const optimized = async (name: string, quantized: ModelProto) => {
      const path = join(folder, name);
      const session = await InferenceSession.create(encodeModel(quantized), {
        optimizedModelFilePath: path,
        graphOptimizationLevel: 'extended',
        logSeverityLevel: 3,
      });
      await session.release();
      return operators(decodeModel(await readFile(path)));
    };
    const fusedStatic = await optimized('static.onnx', quantizeStatic(model, ranges).model);
    expect(fusedStatic.filter((type) => type !== 'Identity')).toEqual(['QuantizeLinear', 'QGemm', 'QGemm']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the reduced range keeps weights within 64, the full range within 127', () => {
  const model = graphOf((g, x) => g.node('MatMul', [x, weights(g)]));
  const largest = (reducedRange: boolean) => {
    const { model: quantized, quantizedNodes } = quantizeDynamic(model, { reducedRange });
    return Math.max(...initializer(quantized, `${quantizedNodes[0]}_weight_quantized`).values.map(Math.abs));
  };
  expect([largest(true), largest(false)]).toEqual([64, 127]);
});
