import { describe, expect, test } from 'vitest';
import { shownReasons } from '../../contracts/shown-text.ts';
import { freeBatch } from '../../ml/onnx/adapt/free-batch.ts';
import { nodeOf, valueInfo } from '../../ml/onnx/graph.ts';
import { decodeModel, encodeModel, type GraphProto, type ModelProto, type NodeProto } from '../../ml/onnx/proto.ts';
import { tensorOf } from '../../ml/onnx/tensor.ts';
import { drawnInputs } from '../../ml/tensors/drawn-inputs.ts';
import { patience } from '../support/patience.ts';
import { adaptionOf, feelings } from '../support/tensor-models.ts';

const feeling = { type: 'string', allowed: [...feelings] };
const tokens = [{ name: 'x', type: 'int64' as const, shape: [null, 3] }];

/** A graph that takes `x` and makes `logits` of any nodes; its bytes. */
function model(node: NodeProto[], more: Partial<GraphProto> = {}): Uint8Array {
  const graph: GraphProto = {
    name: 'hostile',
    node,
    initializer: [],
    input: [valueInfo('x', 'float32', ['rows', 3])],
    output: [valueInfo('logits', 'float32', ['rows', 3])],
    valueInfo: [],
    ...more,
  };
  return encodeModel({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph } satisfies ModelProto);
}

const chain = (opType: string, length: number, to = 'logits'): NodeProto[] =>
  Array.from({ length }, (_, i) => nodeOf(opType, [i === 0 ? 'x' : `v${i}`], [i === length - 1 ? to : `v${i + 1}`]));
const many = <T>(count: number, one: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => one(i));
const answering = nodeOf('Identity', ['x'], ['logits']);

/** All that reads a graph node by node in the process of the command and of the worker. */
function read(bytes: Uint8Array) {
  const graph = decodeModel(bytes);
  freeBatch(graph, 1);
  drawnInputs(graph, tokens, {});
  return adaptionOf(bytes, feeling);
}

describe('a graph as no tool exports it is read in time that its size says', { timeout: patience(15_000) }, () => {
  test.each<[string, () => Uint8Array]>([
    ['20,000 times Identity', () => model(chain('Identity', 20_000))],
    ['20,000 casts behind each other', () => model(chain('Cast', 20_000))],
    ['casts that end nowhere', () => model([...chain('Cast', 20_000, 'end'), answering])],
    [
      'many outputs behind one long way',
      () =>
        model([...chain('Identity', 3_000, 'end'), ...many(3_000, (i) => nodeOf('Identity', ['end'], [`y${i}`]))], {
          output: [
            valueInfo('logits', 'float32', ['rows', 3]),
            ...many(3_000, (i) => valueInfo(`y${i}`, 'float32', ['rows', 3])),
          ],
        }),
    ],
    [
      'one long shape for many nodes',
      () =>
        model([...many(3_000, (i) => nodeOf('Reshape', ['x', 'shape'], [`r${i}`])), answering], {
          initializer: [tensorOf('shape', new BigInt64Array(100_000).fill(1n))],
        }),
    ],
    [
      'every name that a value is given instead',
      () =>
        model([
          ...many(12_000, (i) => nodeOf('Identity', ['x'], [`label_of_model${'_'.repeat(i)}`])),
          nodeOf('Identity', ['x'], ['label']),
          answering,
        ]),
    ],
    [
      'very many inputs',
      () =>
        model([answering], { input: many(30_000, (i) => valueInfo(i === 0 ? 'x' : `x${i}`, 'float32', ['rows', 3])) }),
    ],
    ['a value that is made from itself', () => model([nodeOf('Identity', ['logits'], ['logits'])])],
    ['a value that is cast from itself', () => model([nodeOf('Cast', ['logits'], ['logits'])])],
    [
      'values that are made from each other',
      () => model([nodeOf('Cast', ['a'], ['logits']), nodeOf('Cast', ['logits'], ['a']), nodeOf('Cast', ['x'], ['x'])]),
    ],
  ])('%s', (_, make) => {
    expect(['adapted', 'refused']).toContain(read(make()).kind);
  });
});

test('a shape that several nodes share is freed once', () => {
  const shared = decodeModel(
    model([...many(3, (i) => nodeOf('Reshape', ['x', 'shape'], [`r${i}`])), answering], {
      initializer: [tensorOf('shape', BigInt64Array.of(1n, 3n))],
    }),
  );
  const { initializer, node } = freeBatch(shared, 1)!.graph;
  expect(initializer.map(({ name }) => name)).toEqual(['shape', 'shape_any_batch']);
  expect(node.slice(0, 3).map(({ input }) => input[1])).toEqual(many(3, () => 'shape_any_batch'));
});

test('weights that an answer is chosen from are not taken for labels', () => {
  const table = tensorOf('table', new Float32Array(150_000));
  const bytes = model([nodeOf('Gather', ['table', 'x'], ['logits'])], { initializer: [table] });
  expect(read(bytes)).toMatchObject({ kind: 'adapted', plan: { outputs: { orderGuess: "the definition's order" } } });
});

test.each<[string, GraphProto['output'], RegExp]>([
  [
    'cut where they are long',
    [valueInfo('n'.repeat(1_000_000), 'float32', ['rows', 7])],
    /^its output "n{80}… \(1000000 characters\)" has 7 columns, .*: correct the labels/,
  ],
  [
    'shown without what controls a terminal',
    [valueInfo('a\u001b[31m\nb', 'float32', ['rows', 7])],
    /^its output "a\\u001b\[31m\\u000ab" has 7 columns/,
  ],
  [
    'counted where they are many',
    many(5_000, (i) => valueInfo(`o${i}`, 'float32', ['rows', 3])),
    /^which of its outputs "o0", .*"o19" and 4980 more holds the probabilities cannot be told/,
  ],
])('names of a model are %s', (_, output, message) => {
  const found = read(model([answering], { output }));
  expect(found).toMatchObject({ kind: 'refused', faults: [expect.stringMatching(message)] });
});

test('reasons of one message are counted where they are many', () => {
  const found = read(model([answering], { input: many(500, (i) => valueInfo(`x${i}`, 'float32', [])) }));
  const reasons = found.kind === 'refused' ? found.faults : [];
  expect(reasons.length).toBe(500);
  expect(shownReasons(reasons)).toMatch(/^its input "x0" is a single value .*; and 480 more$/);
  expect(shownReasons(reasons).length).toBeLessThan(3_000);
});
