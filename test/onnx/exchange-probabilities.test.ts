import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { exchangeProbabilities } from '../../ml/onnx/exchange-probabilities.ts';
import { GraphBuilder, nodeOf } from '../../ml/onnx/graph.ts';
import { encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { tensorOf } from '../../ml/onnx/tensor.ts';

const taken = ['probabilities_in_order_of_classes', 'pawl_order_of_labels'] as const;

/** Gives `given` of 3 rows as its probabilities, and the column of the greater one; `names` are values that it uses besides. */
function classifier(given: string, ...names: string[]): GraphBuilder {
  const g = new GraphBuilder('classifier');
  const x = g.input(given, 'float32', [3, 2]);
  const more = names.map((name) => g.constant(name, Float32Array.of(0), [1]));
  const sum = more.reduce((before, name) => g.node('Add', [before, name]), x);
  const probabilities = g.node('Identity', [sum], {}, { output: 'probabilities' });
  const label = g.node('ArgMax', [probabilities], { axis: { int: 1 }, keepdims: { int: 0 } }, { output: 'label' });
  g.output(label, 'int64', [3]);
  g.output(probabilities, 'float32', [3, 2]);
  return g;
}

const rows = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.75, 0.25);
async function run(model: ModelProto, input: string): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(encodeModel(model));
  const found = await session.run({ [input]: new Tensor('float32', rows, [3, 2]) });
  await session.release();
  return Object.fromEntries(
    Object.entries(found).map(([name, { data }]) => [name, Array.from(data as Iterable<number | bigint>, Number)]),
  );
}

test.each<[string, string, string[]]>([
  ['whose names are its own', 'x', []],
  ['whose input has the name of the new value', taken[0], []],
  ['whose input has the name of the new order', taken[1], []],
  ['whose initializers have both names', 'x', [...taken]],
  ['whose initializers have the names after those, too', 'x', taken.flatMap((name) => [name, `${name}_`])],
])('a model %s gives its two columns in the other order, and all else as before', async (_, input, names) => {
  const model = classifier(input, ...names).model();
  const before = structuredClone(model);
  const exchanged = exchangeProbabilities(model)!;
  expect(model).toEqual(before);
  const [one, other] = [await run(model, input), await run(exchanged, input)];
  expect(one.probabilities).toEqual(Array.from(rows));
  expect(other.probabilities).toEqual(Array.from(Float32Array.of(0.1, 0.9, 0.8, 0.2, 0.25, 0.75)));
  expect([one.label, other.label]).toEqual([
    [0, 1, 0],
    [0, 1, 0],
  ]);
});

test('a name that only a node, or an initializer, of the graph has is taken as well', async () => {
  const g = classifier('x');
  g.nodes.push(nodeOf('Identity', ['label'], [taken[0]]));
  g.initializers.push(tensorOf(taken[1], Float32Array.of(0), [1]));
  const exchanged = exchangeProbabilities(g.model())!;
  expect((await run(exchanged, 'x')).probabilities?.[0]).toBeCloseTo(0.1, 6);
});

test.each<[string, ModelProto['opsetImport'], ModelProto['opsetImport']]>([
  ['none at all', [], [{ domain: '', version: 13 }]],
  [
    'only others',
    [{ domain: 'ai.onnx.ml', version: 3 }],
    [
      { domain: 'ai.onnx.ml', version: 3 },
      { domain: '', version: 13 },
    ],
  ],
  ['them', [{ domain: '', version: 9 }], [{ domain: '', version: 9 }]],
  ['them without a name', [{ version: 9 }], [{ version: 9 }]],
  ['them by their long name', [{ domain: 'ai.onnx', version: 9 }], [{ domain: 'ai.onnx', version: 9 }]],
])('the default operators are imported, where a model imports %s', (_, imported, expected) => {
  const model = { ...classifier('x').model(), opsetImport: imported };
  expect(exchangeProbabilities(model)?.opsetImport).toEqual(expected);
});

test('a model whose nodes make no probabilities has none to exchange, even where it gets them', () => {
  const g = new GraphBuilder('other');
  g.output(g.input('probabilities', 'float32', [3, 2]), 'float32', [3, 2], 'score');
  expect(exchangeProbabilities(g.model())).toBeNull();
});

test('what a subgraph reads of the probabilities stays in the order of the classes', async () => {
  const g = new GraphBuilder('classifier');
  const x = g.input('x', 'float32', [3, 2]);
  const p = g.node('Identity', [x], {}, { output: 'probabilities' });
  const cond = g.constant('cond', Uint8Array.of(1), [], 'bool');
  const branch = (name: string) => {
    const b = new GraphBuilder(name, g);
    const labels = b.node('ArgMax', [p], { axis: { int: 1 }, keepdims: { int: 0 } });
    b.output(b.node('Identity', [labels], {}, { output: name === 'then' ? taken[0] : 'others' }), 'int64', [3]);
    return b.graph();
  };
  const branches = { then_branch: { graph: branch('then') }, else_branch: { graph: branch('else') } };
  g.output(g.node('If', [cond], branches, { output: 'label' }), 'int64', [3]);
  g.output(p, 'float32', [3, 2]);
  const exchanged = await run(exchangeProbabilities(g.model())!, 'x');
  expect(exchanged.label).toEqual([0, 1, 0]);
  expect(exchanged.probabilities?.slice(0, 2)).toEqual(Array.from(Float32Array.of(0.1, 0.9)));
});
