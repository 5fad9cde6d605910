import { datasetDefinitionSchema, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import { tensorTypes, type Tensor, type TensorType } from '../../contracts/data/tensor.ts';
import type { Feeds } from '../../contracts/data/tensor.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';

/** What the data of the tiny classifier are. */
export const tinyDataset = datasetDefinitionSchema.parse({
  dataset: 'tiny',
  source: 'tiny.csv',
  licence: 'none',
  provenance: 'made up',
  key: 'id',
  target: 'outcome',
  columns: {
    id: { type: 'integer', kind: 'key' },
    age: { type: 'number', kind: 'numeric', nullable: true },
    sector: { type: 'string', kind: 'categorical', nullable: true },
    outcome: { type: 'integer', kind: 'target', nullable: true },
  },
});
export const tinyDefinition = { model: 'tiny', dataset: 'tiny', features: ['age', 'sector'], positive: 1 } as const;

/**
 * A tiny classifier of `age` (a number) and `sector` (text): `P = sigmoid(age / 10 + code(sector) + bias)`, code 1 for "a", -1 for
 * "b", else 0, and a missing age is 0. `extra` adds a further number that the model wants and adds to the sum.
 */
export function tinyModel(bias: number, extra?: string): Uint8Array {
  const graph = new GraphBuilder('tiny');
  const age = graph.input('age', 'float32', ['batch', 1]);
  const sector = graph.input('sector', 'string', ['batch', 1]);
  const code = graph.node(
    'LabelEncoder',
    [sector],
    { keys_strings: { strings: ['a', 'b'] }, values_floats: { floats: [1, -1] }, default_float: { float: 0 } },
    { domain: mlDomain },
  );
  const known = graph.node('Where', [graph.node('IsNaN', [age]), graph.scalar('zero', 0), age]);
  let sum = graph.node('Add', [graph.node('Mul', [known, graph.scalar('weight', 0.1)]), code]);
  if (extra !== undefined) sum = graph.node('Add', [sum, graph.input(extra, 'float32', ['batch', 1])]);
  const positive = graph.node('Sigmoid', [graph.node('Add', [sum, graph.scalar('bias', bias)])]);
  const negative = graph.node('Sub', [graph.scalar('one', 1), positive]);
  const yes = graph.node('GreaterOrEqual', [positive, graph.scalar('half', 0.5)]);
  const flat = graph.node('Reshape', [yes, graph.ints('flat', [-1])]);
  graph.output(graph.node('Cast', [flat], { to: { int: 7 } }), 'int64', ['batch'], 'label');
  graph.output(
    graph.node('Concat', [negative, positive], { axis: { int: 1 } }),
    'float32',
    ['batch', 2],
    'probabilities',
  );
  return encodeModel(graph.model({ domains: { [mlDomain]: 3 } }));
}

/** Answers the age as the probability of the positive class, valid or not; so its label says 0 where the probability is NaN. */
export const linearModel = (): Uint8Array => tinyModelBy((_, age) => age);

/** A regression that answers `age` times `weight`. */
export function numberModel(weight: number): Uint8Array {
  const graph = new GraphBuilder('number');
  const age = graph.input('age', 'float32', ['batch', 1]);
  graph.input('sector', 'string', ['batch', 1]);
  const product = graph.node('Mul', [age, graph.scalar('weight', weight)]);
  graph.output(graph.node('Reshape', [product, graph.ints('flat', [-1])]), 'float32', ['batch'], 'prediction');
  return encodeModel(graph.model());
}

/** Ages above it are the poison of `endlessModel` and `hungryModel`. */
export const poison = 1_000_000;

/** The tiny model without a bias, which never ends on an age above `poison`. */
export const endlessModel = (): Uint8Array =>
  tinyModelWith((graph, age) => {
    const body = new GraphBuilder('body', graph);
    body.input('turn', 'int64', []);
    const going = body.input('going', 'bool', []);
    const value = body.input('value', 'float32', ['batch', 1]);
    body.output(body.node('Identity', [going]), 'bool', []);
    body.output(body.node('Identity', [value]), 'float32', ['batch', 1]);
    const [same = ''] = graph.multiNode('Loop', ['', isPoison(graph, age), age], ['same'], {
      body: { graph: body.graph() },
    });
    return same;
  });

/** The same, which takes 4 GB of memory on an age above `poison`. */
export const hungryModel = (): Uint8Array =>
  tinyModelWith((graph, age) => {
    const size = graph.node('Where', [
      isPoison(graph, age),
      graph.ints('all', [1_000_000_000]),
      graph.ints('one', [1]),
    ]);
    const filled = graph.node('Expand', [graph.scalar('tenth', 0.1), size]);
    const sum = graph.node('ReduceSum', [filled, graph.ints('axes', [0])], { keepdims: { int: 1 } });
    return graph.node('Add', [age, graph.node('Mul', [sum, graph.scalar('nothing', 0)])]);
  });

/** The same, whose pass fails where a row has exactly this age. */
export const failingModel = (failing: number): Uint8Array =>
  tinyModelWith((graph, age) => {
    const isHit = graph.node('Cast', [graph.node('Equal', [age, graph.scalar('failing', failing)])], {
      to: { int: 7 },
    });
    const place = graph.node('Mul', [isHit, graph.ints('outside', [9])]);
    // Place 9 of one number.
    const zero = graph.node('Gather', [graph.node('Cast', [graph.ints('zeros', [0])], { to: { int: 1 } }), place]);
    return graph.node('Add', [age, zero]);
  });

const isPoison = (graph: GraphBuilder, age: string): string =>
  graph.node('Greater', [graph.node('ReduceMax', [age], { keepdims: { int: 0 } }), graph.scalar('poison', poison)]);

/** The same, with a further output `extra` of so many numbers on an age above `poison`, and of one otherwise. */
export const wordyModel = (numbers: number): Uint8Array =>
  tinyModelWith((graph, age) => {
    const size = graph.node('Where', [isPoison(graph, age), graph.ints('all', [numbers]), graph.ints('one', [1])]);
    const extra = graph.node('Expand', [graph.scalar('tenth', 0.1), size], {}, { output: 'extra' });
    graph.output(extra, 'float32', ['n']);
    return age;
  });

/** The model whose label and probabilities follow from the probability of the positive class, `[rows, 1]`. */
function answeringBy(graph: GraphBuilder, positive: string): Uint8Array {
  const negative = graph.node('Sub', [graph.scalar('one', 1), positive]);
  const yes = graph.node('GreaterOrEqual', [positive, graph.scalar('half', 0.5)]);
  const flat = graph.node('Reshape', [yes, graph.ints('flat', [-1])]);
  graph.output(graph.node('Cast', [flat], { to: { int: 7 } }), 'int64', ['batch'], 'label');
  graph.output(
    graph.node('Concat', [negative, positive], { axis: { int: 1 } }),
    'float32',
    ['batch', 2],
    'probabilities',
  );
  return encodeModel(graph.model());
}

const tinyModelWith = (change: (graph: GraphBuilder, age: string) => string): Uint8Array =>
  tinyModelBy((graph, age) =>
    graph.node('Sigmoid', [graph.node('Mul', [change(graph, age), graph.scalar('weight', 0.1)])]),
  );

function tinyModelBy(positiveOf: (graph: GraphBuilder, age: string) => string): Uint8Array {
  const graph = new GraphBuilder('tiny');
  const age = graph.input('age', 'float32', ['batch', 1]);
  graph.input('sector', 'string', ['batch', 1]);
  return answeringBy(graph, positiveOf(graph, age));
}

export const probabilityOf = (age: number, code: number, bias: number): number =>
  1 / (1 + Math.exp(-(age / 10 + code + bias)));

/** Numbers of `TensorProto.DataType`. */
const dataTypes: Readonly<Record<TensorType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

/** Hands a tensor `[batch, 2]` of every type through, from the input named as its type to the output `<type>_out`. */
export function echoModel(): Uint8Array {
  const graph = new GraphBuilder('echo');
  const infoOf = (name: string, type: TensorType): (typeof graph.inputs)[number] => {
    const shape = { dim: [{ dimParam: 'batch' }, { dimValue: 2 }] };
    return { name, type: { tensorType: { elemType: dataTypes[type], shape } } };
  };
  for (const type of tensorTypes) {
    graph.inputs.push(infoOf(type, type));
    graph.outputs.push(infoOf(graph.node('Identity', [type], {}, { output: `${type}_out` }), type));
  }
  return encodeModel(graph.model());
}

/** Doubles a float32 matrix: `x` to `y`, both `[batch, 8]`. */
export function matrixModel(): Uint8Array {
  const graph = new GraphBuilder('matrix');
  const x = graph.input('x', 'float32', ['batch', 8]);
  graph.output(graph.node('Mul', [x, graph.scalar('two', 2)], {}, { output: 'y' }), 'float32', ['batch', 8]);
  return encodeModel(graph.model());
}

/** Columns of `wideModel`: every other one a category. */
export const wideColumns = (width: number): string[] => Array.from({ length: width }, (_, i) => `column_${i}`);

/** What the data of `wideModel` are: every column may be missing, and each category has `codes` codes. */
export const wideDataset = (width: number, codes = 2): DatasetDefinition =>
  datasetDefinitionSchema.parse({
    ...tinyDataset,
    dataset: 'wide',
    columns: {
      id: tinyDataset.columns.id,
      outcome: tinyDataset.columns.outcome,
      ...Object.fromEntries(
        wideColumns(width).map((name, i) => [
          name,
          i % 2 === 0
            ? { type: 'number', kind: 'numeric', nullable: true, min: 0 }
            : {
                type: 'string',
                kind: 'categorical',
                nullable: true,
                allowed: Array.from({ length: codes }, (__, code) => `code ${code}`),
              },
        ]),
      ),
    },
  });

/** Takes many columns, and answers by the first of them, a number. */
export function wideModel(width: number): Uint8Array {
  const graph = new GraphBuilder('wide');
  const [first = ''] = wideColumns(width).map((name, i) =>
    graph.input(name, i % 2 === 0 ? 'float32' : 'string', ['batch', 1]),
  );
  const positive = graph.node('Sigmoid', [first]);
  return answeringBy(graph, positive);
}

/** Negates float32 of a fixed shape: `x` to `y`, both `[2, 3]`. */
export function fixedModel(): Uint8Array {
  const graph = new GraphBuilder('fixed');
  const x = graph.input('x', 'float32', [2, 3]);
  graph.output(graph.node('Neg', [x], {}, { output: 'y' }), 'float32', [2, 3]);
  return encodeModel(graph.model());
}

const column = (type: 'float32' | 'string', values: readonly (number | string)[]): Tensor => ({
  type,
  shape: [values.length, 1],
  data: type === 'string' ? values.map(String) : Float32Array.from(values, Number),
});
/** Rows for `tinyModel`. */
export const people = (rows: readonly (readonly [number, string])[]): Feeds => ({
  age: column(
    'float32',
    rows.map(([age]) => age),
  ),
  sector: column(
    'string',
    rows.map(([, sector]) => sector),
  ),
});
