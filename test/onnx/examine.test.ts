import { describe, expect, test } from 'vitest';
import { attributeOf, type AttributeValue } from '../../ml/onnx/attribute.ts';
import { examineGraph } from '../../ml/onnx/examine.ts';
import { GraphBuilder, nodeOf } from '../../ml/onnx/graph.ts';
import { decodeModel, encodeModel } from '../../ml/onnx/proto.ts';
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, TensorProto } from '../../ml/onnx/proto.ts';
import { tensorOf } from '../../ml/onnx/tensor.ts';

const far: TensorProto = {
  dims: [2],
  dataType: 1,
  name: 'far',
  dataLocation: 1,
  externalData: [{ key: 'location', value: 'secret.bin' }],
};
const near = tensorOf('near', Float32Array.of(1, 2), [2]);
const sparse = (values: TensorProto, indices: TensorProto) => ({ values, indices, dims: [4] });
const graphOf = (parts: Partial<GraphProto>): GraphProto => ({
  name: 'g',
  node: [],
  initializer: [],
  input: [],
  output: [],
  valueInfo: [],
  quantizationAnnotation: [],
  ...parts,
});
const holding = (part: Partial<AttributeProto>): GraphProto =>
  graphOf({ node: [{ ...nodeOf('Constant', [], ['c']), attribute: [{ name: 'value', type: 0, ...part }] }] });
const functionOf = (part: Partial<FunctionProto>): FunctionProto => ({
  name: 'F',
  domain: 'f',
  input: [],
  output: [],
  attribute: [],
  attributeProto: [],
  node: [],
  opsetImport: [],
  ...part,
});

function modelOf(graph: GraphProto, more: Partial<ModelProto> = {}): ModelProto {
  const g = new GraphBuilder('m');
  g.output(g.input('x', 'float32', [1]), 'float32', [1], 'y');
  const model = g.model();
  model.graph = { ...model.graph, ...graph, input: model.graph.input, output: model.graph.output };
  // As a file has it.
  return decodeModel(encodeModel({ ...model, ...more }));
}

describe('a tensor whose values lie in another file is found', () => {
  test.each<[string, ModelProto]>([
    ['among the initializers', modelOf(graphOf({ initializer: [near, far] }))],
    ['in the values of a sparse initializer', modelOf(graphOf({ sparseInitializer: [sparse(far, near)] }))],
    ['in the indices of a sparse initializer', modelOf(graphOf({ sparseInitializer: [sparse(near, far)] }))],
    ['in an attribute', modelOf(holding({ t: far }))],
    ['in a list of tensors', modelOf(holding({ tensors: [near, far] }))],
    ['in a sparse attribute', modelOf(holding({ sparseTensor: sparse(far, near) }))],
    ['in a list of sparse tensors', modelOf(holding({ sparseTensors: [sparse(near, near), sparse(near, far)] }))],
    ['in a subgraph', modelOf(holding({ g: holding({ g: graphOf({ initializer: [far] }) }) }))],
    ['in a list of subgraphs', modelOf(holding({ graphs: [graphOf({}), holding({ t: far })] }))],
    ['in a function', modelOf(graphOf({}), { functions: [functionOf({ node: holding({ t: far }).node })] })],
    [
      'in the default of an attribute of a function',
      modelOf(graphOf({}), { functions: [functionOf({ attributeProto: [{ name: 'value', type: 4, t: far }] })] }),
    ],
    ['at a place that ONNX does not know yet', modelOf(graphOf({ initializer: [{ ...far, dataLocation: 2 }] }))],
  ])('%s', (_, model) => {
    expect(examineGraph(model)).toEqual({ external: ['far'], classes: null });
  });

  test('and one that holds its own is not', () => {
    const model = modelOf({ ...holding({ t: near, sparseTensor: sparse(near, near) }), initializer: [near] });
    expect(examineGraph(model).external).toEqual([]);
  });

  test('each by its name, in the order of the file, also without one', () => {
    const { name: _, ...unnamed } = far;
    const model = modelOf(graphOf({ initializer: [{ ...far, name: 'b' }, unnamed, { ...far, name: 'a' }] }));
    expect(examineGraph(model).external).toEqual(['b', '', 'a']);
  });
});

describe('labels of a classifier', () => {
  const classifier = (name: string, value: AttributeValue): GraphProto =>
    graphOf({ node: [{ ...nodeOf('LinearClassifier', ['x'], ['l', 'p']), attribute: [attributeOf(name, value)] }] });
  test.each<[string, AttributeValue, string[] | null]>([
    ['classlabels_ints', { ints: [1, 2n ** 53n + 1n] }, ['1', '9007199254740993']],
    ['classlabels_int64s', { ints: [0] }, ['0']],
    ['classlabels_strings', { strings: ['no', 'é'] }, ['no', 'é']],
    ['classlabels_strings', { strings: ['only'] }, ['only']],
    ['classlabels_strings', { strings: [] }, null],
    ['classlabels_ints', { ints: [] }, null],
    ['nodes_classlabels', { ints: [1] }, null],
  ])('are read from %s (%#)', (name, value, classes) => {
    expect(examineGraph(modelOf(classifier(name, value))).classes).toEqual(classes);
  });

  test('are those of the last node that names some, in subgraphs too', () => {
    const [first, last] = [
      classifier('classlabels_ints', { ints: [7] }),
      holding({ g: classifier('classlabels_ints', { ints: [8, 9] }) }),
    ];
    const zipMap = nodeOf('ZipMap', ['p'], ['z'], {}, 'ai.onnx.ml');
    expect(examineGraph(modelOf(graphOf({ node: [...first.node, ...last.node, zipMap] }))).classes).toEqual(['8', '9']);
  });
});
