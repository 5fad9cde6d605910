import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';

/** A model, and one row for it as an Open Inference Protocol request. Its input is `x`. */
export interface Workload {
  readonly name: string;
  readonly model: Uint8Array;
  readonly body: string;
}

export const smallNetwork = (): Workload => ({
  name: '64-64-32 network',
  model: denseModel([64, 64, 32]),
  body: numbersBody(64),
});

/** What the goals name beside the small network. */
export const otherWorkloads = (): Workload[] => [
  { name: '200 trees', model: treesModel(200, 5, 64), body: numbersBody(64) },
  { name: '2 KB of text', model: textModel(), body: textBody(2_048) },
  { name: '512-1024-1024 network', model: denseModel([512, 1024, 1024]), body: numbersBody(512) },
];

/** A classifier of `x` (FP32 `[rows, widths[0]]`) by dense layers of these widths, the same for the same seed. */
function denseModel(widths: readonly number[], seed = 1): Uint8Array {
  const random = createRandom(seed);
  const graph = new GraphBuilder('dense');
  let value = graph.input('x', 'float32', ['batch', widths[0]!]);
  const layer = (from: number, to: number): string => {
    const scale = Math.sqrt(2 / from);
    const weights = Float32Array.from({ length: from * to }, () => random.normal() * scale);
    return graph.node('Gemm', [
      value,
      graph.constant('weights', weights, [from, to]),
      graph.constant('bias', new Float32Array(to), [to]),
    ]);
  };
  for (let i = 1; i < widths.length; i++) value = graph.node('Relu', [layer(widths[i - 1]!, widths[i]!)]);
  const probabilities = graph.node('Softmax', [layer(widths.at(-1)!, 2)], { axis: { int: 1 } });
  return classifier(graph, probabilities);
}

/** An ensemble of full binary trees of this depth over FP32 `x`, with random features and thresholds. */
function treesModel(trees: number, depth: number, features: number, seed = 3): Uint8Array {
  const random = createRandom(seed);
  const graph = new GraphBuilder('trees');
  const x = graph.input('x', 'float32', ['batch', features]);
  const inner = 2 ** depth - 1;
  const size = 2 * inner + 1;
  const places = Array.from({ length: trees * size }, (_, i) => ({ tree: Math.floor(i / size), node: i % size }));
  const leaves = places.filter(({ node }) => node >= inner);
  const isLeaf = (node: number): boolean => node >= inner;
  const [, scores = ''] = graph.multiNode(
    'TreeEnsembleClassifier',
    [x],
    ['class', 'scores'],
    {
      nodes_treeids: { ints: places.map(({ tree }) => tree) },
      nodes_nodeids: { ints: places.map(({ node }) => node) },
      nodes_featureids: { ints: places.map(({ node }) => (isLeaf(node) ? 0 : Math.floor(random.next() * features))) },
      nodes_modes: { strings: places.map(({ node }) => (isLeaf(node) ? 'LEAF' : 'BRANCH_LEQ')) },
      nodes_values: { floats: places.map(() => random.next()) },
      nodes_truenodeids: { ints: places.map(({ node }) => (isLeaf(node) ? 0 : 2 * node + 1)) },
      nodes_falsenodeids: { ints: places.map(({ node }) => (isLeaf(node) ? 0 : 2 * node + 2)) },
      class_treeids: { ints: leaves.flatMap(({ tree }) => [tree, tree]) },
      class_nodeids: { ints: leaves.flatMap(({ node }) => [node, node]) },
      class_ids: { ints: leaves.flatMap(() => [0, 1]) },
      class_weights: { floats: leaves.flatMap(() => [random.normal() / trees, random.normal() / trees]) },
      classlabels_int64s: { ints: [0, 1] },
      post_transform: { string: 'SOFTMAX' },
    },
    mlDomain,
  );
  return classifier(graph, scores);
}

/** Splits the text `x` (`[rows, 1]`) into words, and judges by their number. */
function textModel(): Uint8Array {
  const graph = new GraphBuilder('text');
  const x = graph.input('x', 'string', ['batch', 1]);
  const [, count = ''] = graph.multiNode('StringSplit', [x], ['words', 'count'], { delimiter: { string: ' ' } });
  const number = graph.node('Cast', [count], { to: { int: 1 } });
  const logits = graph.node('Gemm', [
    number,
    graph.constant('weights', Float32Array.of(-0.01, 0.01), [1, 2]),
    graph.constant('bias', Float32Array.of(3, -3), [2]),
  ]);
  return classifier(graph, graph.node('Softmax', [logits], { axis: { int: 1 } }));
}

function classifier(graph: GraphBuilder, probabilities: string): Uint8Array {
  const label = graph.node('ArgMax', [probabilities], { axis: { int: 1 }, keepdims: { int: 0 } });
  graph.output(label, 'int64', ['batch'], 'label');
  graph.output(probabilities, 'float32', ['batch', 2], 'probabilities');
  return encodeModel(graph.model({ domains: { [mlDomain]: 4 } }));
}

function numbersBody(width: number, seed = 2): string {
  const random = createRandom(seed);
  const data = Array.from({ length: width }, () => Math.round(random.next() * 1_000) / 1_000);
  return JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, width], data }] });
}

function textBody(length: number): string {
  const text = 'a continuous retraining of models that answer '.repeat(length).slice(0, length);
  return JSON.stringify({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [1, 1], data: [text] }] });
}
