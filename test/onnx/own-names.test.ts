import { describe, expect, test } from 'vitest';
import { adaptImport } from '../../ml/onnx/adapt/adapt-import.ts';
import { GraphBuilder, mlDomain, valueInfo } from '../../ml/onnx/graph.ts';
import type { ModelProto } from '../../ml/onnx/proto.ts';
import { tensorOf } from '../../ml/onnx/tensor.ts';
import { adapted, answersOf, tensorFor } from '../support/adapted.ts';
import { definitionsFor, toolCase, type ToolCase } from '../support/tool-models.ts';

const numbers = (model: ModelProto): ToolCase => ({
  ...toolCase('LightGBM, numbers'),
  columns: ['age', 'amount', 'tenure'],
  model,
});
const columns = Object.fromEntries(
  ['age', 'amount', 'tenure'].map((name, i) => [name, tensorFor('float32', [i + 1, i + 4], [2, 1])]),
);
const table = { x: tensorFor('float32', [1, 2, 3, 4, 5, 6], [2, 3]) };

/** A model whose value `age` is the sum of a row, and a node whose body has something of its own by this name. */
function model(body: (g: GraphBuilder, sum: string) => string): ModelProto {
  const g = new GraphBuilder('names');
  const x = g.input('x', 'float32', ['n', 3]);
  const sum = g.node('ReduceSum', [x, g.ints('axes', [1])], { keepdims: { int: 1 } }, { output: 'age' });
  g.output(body(g, sum), 'float32', ['n', 1], 'variable');
  return g.model();
}

/** A branch that multiplies by its own weights `age`, in place of the outer value. */
function ownWeights(g: GraphBuilder, sum: string): string {
  const outer = g.node('Identity', [sum]);
  const branch = () => {
    const own = new GraphBuilder('branch', g);
    const product = own.node('Mul', [outer, 'age']);
    own.output(product, 'float32', ['n', 1]);
    return { graph: { ...own.graph(), initializer: [tensorOf('age', Float32Array.of(2), [1])] } };
  };
  const yes = g.constant('yes', Uint8Array.of(1), [], 'bool');
  return g.node('Add', [g.node('If', [yes], { then_branch: branch(), else_branch: branch() }), sum]);
}

/** A loop of two turns whose body calls its own value `age`. */
function ownInput(g: GraphBuilder, sum: string): string {
  const body = new GraphBuilder('body', g);
  body.input('turn', 'int64', []);
  const going = body.input('going', 'bool', []);
  body.output(body.node('Identity', [going]), 'bool', []);
  body.output(body.node('Add', ['age', 'age']), 'float32', ['n', 1]);
  const graph = body.graph();
  const own = { ...graph, input: [...graph.input, valueInfo('age', 'float32', ['n', 1])] };
  const [found = ''] = g.multiNode('Loop', [g.constant('turns', BigInt64Array.of(2n), []), '', sum], ['found'], {
    body: { graph: own },
  });
  return found;
}

describe('a body that has a value of its own by the name of a feature', () => {
  test.each([
    ['weights of a branch', ownWeights, [18, 45]],
    ['an input of a loop', ownInput, [24, 60]],
  ] as const)('answers as before: %s', async (_, body, expected) => {
    const original = model(body);
    expect((await answersOf(original, table)).variable).toEqual(expected);
    expect((await answersOf(adapted(numbers(original)), columns)).prediction).toEqual(expected);
  });
});

/** A classifier that names its classes 0 and 1, and answers a label of another source. */
function classifier(type: 'int64' | 'float32'): ToolCase {
  const g = new GraphBuilder('labels');
  const x = g.input('x', 'float32', ['n', 3]);
  const [, scores = ''] = g.multiNode(
    'LinearClassifier',
    [x],
    ['own', 'probabilities'],
    {
      classlabels_ints: { ints: [0, 1] },
      coefficients: { floats: [0, 0, 0, 1, 1, 1] },
      intercepts: { floats: [0, 0] },
      post_transform: { string: 'SOFTMAX' },
    },
    mlDomain,
  );
  g.output(scores, 'float32', ['n', 2]);
  const first = g.node('Reshape', [
    g.node('Gather', [x, g.ints('first', [0])], { axis: { int: 1 } }),
    g.ints('flat', [-1]),
  ]);
  const label = type === 'int64' ? g.node('Cast', [first], { to: { int: 7 } }) : first;
  g.output(label, type, ['n'], 'label');
  return {
    ...toolCase('scikit-learn, ZipMap'),
    columns: ['age', 'amount', 'tenure'],
    model: g.model({ domains: { [mlDomain]: 3 } }),
  };
}

const asked = (...ages: number[]) =>
  Object.fromEntries(['age', 'amount', 'tenure'].map((name) => [name, tensorFor('float32', ages, [ages.length, 1])]));

describe('a label that is none of the classes', () => {
  const words = { signature: { outputs: { classes: ['no', 'yes'] } } };
  test.each<[string, object, 'int64' | 'float32', number, unknown]>([
    ['texts', { type: 'string', allowed: ['no', 'yes'] }, 'int64', 7, 'none of the classes that the import knows'],
    [
      'a fraction',
      { type: 'string', allowed: ['no', 'yes'] },
      'float32',
      0.5,
      'none of the classes that the import knows',
    ],
  ])('is none of the target either: %s', async (_, target, type, odd, expected) => {
    const one = adapted(classifier(type), { ...words, target: target as Record<string, unknown>, positive: 'yes' });
    expect((await answersOf(one, asked(0, 1, odd))).label).toEqual(['no', 'yes', expected]);
  });

  test('is not a number of the target', async () => {
    const of = (target: Record<string, unknown>, classes: (number | boolean)[], positive: number | boolean) =>
      adapted(classifier('int64'), { signature: { outputs: { classes: classes.map(String) } }, target, positive });
    const whole = of({ type: 'integer', allowed: ['3', '4'] }, [3, 4], 4);
    expect((await answersOf(whole, asked(0, 1, 7))).label).toEqual([3, 4, -(2 ** 63)]);
  });
});

test('a table of weights is not taken for labels', () => {
  const g = new GraphBuilder('looked up');
  const x = g.input('x', 'float32', ['n', 3]);
  const index = g.node('Cast', [g.node('ReduceMin', [x, g.ints('axes', [1])], { keepdims: { int: 0 } })], {
    to: { int: 7 },
  });
  const shares = g.constant('shares', Float32Array.of(0.9, 0.1, 0.4, 0.6, 0.2, 0.8, 0.5, 0.5), [4, 2]);
  g.output(g.node('Gather', [shares, index]), 'float32', ['n', 2], 'probabilities');
  const { definition, dataset, space } = definitionsFor({
    task: 'binary',
    columns: ['age', 'amount', 'tenure'],
    labels: [0, 1],
  });
  expect(adaptImport(g.model(), definition, dataset, space).kind).toBe('adapted');
});
