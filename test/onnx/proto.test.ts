import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { attribute, attributeOf, intAttribute } from '../../ml/onnx/attribute.ts';
import { GraphBuilder, nodeOf, valueInfo } from '../../ml/onnx/graph.ts';
import { decodeModel, encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { tensorOf, tensorValues } from '../../ml/onnx/tensor.ts';

function smallModel() {
  const g = new GraphBuilder('small');
  const x = g.input('x', 'float32', ['batch', 2]);
  const w = g.constant('w', Float32Array.of(1, 2, 3, 4), [2, 2]);
  g.output(g.node('Gemm', [x, w], { transB: { int: 1 }, alpha: { float: 0.5 } }), 'float32', ['batch', 2], 'y');
  return g.model({ metadata: { who: 'test' } });
}

describe('ONNX bytes', () => {
  test('survive decoding and encoding unchanged', () => {
    const bytes = encodeModel(smallModel());
    expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
    expect(decodeModel(bytes)).toMatchObject({ irVersion: 10, producerName: 'pawl', graph: { name: 'small' } });
  });

  test('run in ONNX Runtime and give the values that were asked for', async () => {
    const session = await InferenceSession.create(encodeModel(smallModel()));
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 1, 2, 0), [2, 2]) });
    expect([...(y!.data as Float32Array)]).toEqual([1.5, 3.5, 1, 3]);
    await session.release();
  });

  test('keep 64-bit attributes and data exactly', () => {
    const model = smallModel();
    const huge = 2n ** 63n - 1n;
    const odd = -(2n ** 53n) - 1n;
    model.graph.node.push(nodeOf('Slice', ['x'], ['z'], { ends: { ints: [huge, odd] } }));
    model.graph.initializer.push({ dims: [2], dataType: 7, name: 'typed', int64Data: [huge, odd] });
    const { graph } = decodeModel(encodeModel(model));
    expect(attribute(graph.node.at(-1)!, 'ends')!.ints).toEqual([huge, odd]);
    expect([...(tensorValues(graph.initializer.at(-1)!).data as BigInt64Array)]).toEqual([huge, odd]);
  });

  test('hold lists of numbers packed or not, as onnx-ml.proto declares them', () => {
    const model = smallModel();
    model.graph.initializer.push({ dims: [7, 9], dataType: 1, floatData: [1, 2] });
    const bytes = Buffer.from(encodeModel(model)).toString('hex');
    const [dims, floatData] = ['08070809', '22080000803f00000040'];
    expect(bytes).toContain(`${dims}1001${floatData}`);
  });

  test('that are not a model are refused with a reason', () => {
    const { graph, irVersion } = smallModel();
    for (const part of [{ graph }, { irVersion }])
      expect(() => decodeModel(encodeModel(part as unknown as ModelProto))).toThrow(/no graph/);
    expect(() => decodeModel(new TextEncoder().encode('not a model at all'))).toThrow(/not an ONNX model/);
    expect(() => decodeModel(new Uint8Array())).toThrow(/not an ONNX model: the file is empty/);
  });
});

describe('tensors', () => {
  test.each([
    ['float32', Float32Array.of(1.5, Number.NaN, -0)],
    ['float64', Float64Array.of(Math.PI, -1, 2)],
    ['int64', BigInt64Array.of(1n, -2n, 2n ** 62n)],
    ['int32', Int32Array.of(1, -2, 3)],
    ['int8', Int8Array.of(-128, 0, 127)],
    ['uint8', Uint8Array.of(0, 128, 255)],
    ['string', ['', 'é', 'z']],
  ] as const)('of %s give back their values', (type, data) => {
    expect(tensorValues(tensorOf('t', data, [3, 1]))).toEqual({ type, dims: [3, 1], data });
  });

  test('of bool are told from uint8 by the type that was asked for', () => {
    expect(tensorValues(tensorOf('t', Uint8Array.of(1, 0), [2], 'bool')).type).toBe('bool');
  });

  test('are read from typed fields too', () => {
    expect(tensorValues({ dims: [2], dataType: 1, floatData: [1, 2] }).data).toEqual(Float32Array.of(1, 2));
    expect(tensorValues({ dims: [2], dataType: 3, int32Data: [-1, 2] }).data).toEqual(Int8Array.of(-1, 2));
  });

  test('whose values do not fill the shape are refused', () => {
    expect(() => tensorOf('t', Float32Array.of(1), [2])).toThrow(/shape \[2\] got 1/);
    expect(() => tensorValues({ dims: [3], dataType: 1, floatData: [1], name: 't' })).toThrow(/"t".*holds 1 values/);
  });

  test('in another file or of a foreign type are refused by name', () => {
    expect(() => tensorValues({ dims: [1], dataType: 10, name: 'half' })).toThrow(/"half".*element type 10/);
    expect(() => tensorValues({ dims: [1], dataType: 1, name: 'far', dataLocation: 1 })).toThrow(/another file/);
  });
});

test.each([
  [{ float: 1 }, 1],
  [{ int: 1 }, 2],
  [{ string: 'a' }, 3],
  [{ tensor: tensorOf('t', Float32Array.of(1)) }, 4],
  [{ floats: [1] }, 6],
  [{ ints: [1] }, 7],
  [{ strings: ['a'] }, 8],
])('an attribute of %j has the type that ONNX numbers %i', (value, type) => {
  expect(attributeOf('a', value)).toMatchObject({ name: 'a', type });
});

test('sizes of a value are numbers, symbols or unknown, and its shape may be unknown', () => {
  expect(valueInfo('x', 'float32', [null, 2, 'rows']).type).toEqual({
    tensorType: { elemType: 1, shape: { dim: [{}, { dimValue: 2 }, { dimParam: 'rows' }] } },
  });
  expect(valueInfo('x', 'float32').type).toEqual({ tensorType: { elemType: 1 } });
});

test('a model is of opset 21 unless another is asked for, and an output without a stem is left away', () => {
  const graph = new GraphBuilder('g');
  expect(graph.model().opsetImport).toContainEqual({ domain: '', version: 21 });
  expect(graph.multiNode('Split', ['x'], ['a', '', 'a'])).toEqual(['a', '', 'a_1']);
});

test('attributes fall back to the default of the operator', () => {
  const node = nodeOf('Gemm', [], ['y'], { transB: { int: 1 } });
  expect(intAttribute(node, 'transB', 0)).toBe(1);
  expect(intAttribute(node, 'transA', 0)).toBe(0);
});

test('subgraphs never take a name of the graph around them', () => {
  const outer = new GraphBuilder('outer');
  const inner = new GraphBuilder('inner', outer);
  expect(outer.unique('a')).toBe('a');
  expect(inner.unique('a')).toBe('a_1');
  expect(outer.unique('a')).toBe('a_2');
});

test('a model with large weights is written as one with small ones', async () => {
  const width = 600;
  const g = new GraphBuilder('large');
  const x = g.input('x', 'float32', ['rows', width]);
  const weights = Float32Array.from({ length: width * width }, (_, i) => (i % width === Math.floor(i / width) ? 2 : 0));
  const wide = g.node('MatMul', [x, g.constant('w', weights, [width, width])]);
  const moved = g.node('Add', [wide, g.constant('b', new Float32Array(width).fill(1), [width])]);
  g.output(g.node('MatMul', [moved, g.constant('v', weights, [width, width])]), 'float32', ['rows', width]);
  const model = g.model();
  const bytes = encodeModel(model);
  expect(Buffer.from(encodeModel(decodeModel(bytes))).equals(bytes)).toBe(true);
  expect(decodeModel(bytes).graph.initializer.map(({ name, rawData }) => [name, rawData?.length])).toEqual([
    ['w', 4 * width * width],
    ['b', 4 * width],
    ['v', 4 * width * width],
  ]);
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const input = new Tensor('float32', new Float32Array(width).fill(3), [1, width]);
  const found = await session.run({ x: input });
  await session.release();
  expect(Array.from(found[session.outputNames[0]!]!.data as Float32Array)).toEqual(
    Array.from({ length: width }, () => 14),
  );
});
