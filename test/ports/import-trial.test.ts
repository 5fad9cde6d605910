import { expect, test } from 'vitest';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { TakenImport } from '../../ports/import-examiner/port.ts';
import { definedTensors } from '../support/tensor-models.ts';
import { definitionsFor, toolCases } from '../support/tool-models.ts';
import { inProcessExaminer } from './in-process-examiner.ts';

const examiner = inProcessExaminer(createOnnxInference());
const columns = ['age', 'amount', 'tenure'];

/** A model of three columns, in one table or an input each, whose positive probability is what `body` makes of the logit and of the table. */
function model(body: (g: GraphBuilder, logit: string, table: string) => string, form: 'table' | 'columns' = 'table') {
  const g = new GraphBuilder('mixing');
  const inputs = form === 'table' ? [] : columns.map((name) => g.input(name, 'float32', ['n', 1]));
  const table = form === 'table' ? g.input('x', 'float32', ['n', 3]) : g.node('Concat', inputs, { axis: { int: 1 } });
  const logit = g.node('MatMul', [table, g.constant('w', Float32Array.of(0.3, -0.2, 0.1), [3, 1])]);
  const p = body(g, logit, table);
  if (form === 'columns') {
    const above = g.node('Greater', [g.node('Reshape', [p, g.ints('flat', [-1])]), g.scalar('half', 0.5)]);
    g.output(g.node('Cast', [above], { to: { int: 7 } }, { output: 'label' }), 'int64', ['n']);
    const both = g.node('Concat', [g.node('Sub', [g.scalar('one', 1), p]), p], { axis: { int: 1 } });
    g.output(both, 'float32', ['n', 2], 'probabilities');
  } else g.output(p, 'float32', ['n', 1], 'probabilities');
  return g.model();
}

const sigmoid = (g: GraphBuilder, logit: string): string => g.node('Sigmoid', [logit]);

const mixing: Record<string, Parameters<typeof model>[0]> = {
  'the mean of the batch': (g, logit) =>
    sigmoid(g, g.node('Sub', [logit, g.node('ReduceMean', [logit, g.ints('rows', [0])])])),
  'a softmax over the rows': (g, logit) => g.node('Softmax', [logit], { axis: { int: 0 } }),
  'a normalization by the batch': (g, logit) => {
    const [scale, bias, mean, variance] = [1, 0, 0, 1].map((value) => g.constant('s', Float32Array.of(value)));
    const [normal = ''] = g.multiNode(
      'BatchNormalization',
      [logit, scale!, bias!, mean!, variance!],
      ['normal', 'mean', 'variance'],
      { training_mode: { int: 1 } },
    );
    return sigmoid(g, normal);
  },
  'rows in reverse': (g, logit) => {
    const [starts, ends, axes, steps] = [[-1], [-(2 ** 31)], [0], [-1]].map((values) => g.ints('part', values));
    return sigmoid(g, g.node('Slice', [logit, starts!, ends!, axes!, steps!]));
  },
  'a choice by the largest of the batch': (g, logit, table) => {
    const isLarge = g.node('Greater', [g.node('ReduceMax', [table], { keepdims: { int: 0 } }), g.scalar('limit', 1e5)]);
    const branch = (opType: string) => {
      const own = new GraphBuilder(opType, g);
      own.output(own.node(opType, [logit]), 'float32', ['n', 1]);
      return { graph: own.graph() };
    };
    return sigmoid(g, g.node('If', [isLarge], { then_branch: branch('Neg'), else_branch: branch('Identity') }));
  },
};

const examined = (
  proto: ModelProto,
  more: Parameters<typeof definitionsFor>[1] = {},
  task: 'binary' | 'multiclass' = 'binary',
) => {
  const { definition, dataset } = definitionsFor(
    { task, columns, labels: task === 'binary' ? [0, 1] : ['basic'] },
    more,
  );
  return examiner.examine(encodeModel(proto), definition, dataset);
};
const faultsOf = async (taken: Promise<TakenImport>): Promise<string> => (await taken).faults.join('; ');

test.each(
  Object.entries(mixing).flatMap(([name, body]) => [[name, 'table', body] as const, [name, 'columns', body] as const]),
)('rows that move each other are refused with what differs: %s, %s', async (name, form, body) => {
  expect(await faultsOf(examined(model(body, form)))).toMatch(
    // What ONNX Runtime normalizes by changes from pass to pass.
    name === 'a normalization by the batch'
      ? /answers the same rows otherwise|depends on the other rows of its batch/
      : /a row's answer depends on the other rows of its batch \("probabilities" is [\d.e-]+ and [\d.e-]+, alone and among 1[14] others\)/,
  );
});

test('a model that answers the same rows otherwise each time is refused', async () => {
  const noisy = model((g, logit) => sigmoid(g, g.node('Add', [logit, g.node('RandomNormalLike', [logit])])), 'columns');
  expect(await faultsOf(examined(noisy))).toMatch(/answers the same rows otherwise when they are asked again \("/);
});

test.each(['table', 'columns'] as const)('a model that takes each row for itself is taken: %s', async (form) => {
  expect(await faultsOf(examined(model(sigmoid, form)))).toBe('');
});

test.each(toolCases.map((one) => [one.name, one] as const))(
  'an export of a tool moves no row by others: %s',
  async (_, one) => {
    const { definition, dataset } = definitionsFor(one);
    expect((await examiner.examine(one.bytes, definition, dataset)).faults).toEqual([]);
  },
);

test('scores that are called probabilities are refused, with what to do', async () => {
  expect(await faultsOf(examined(model((_, logit) => logit)))).toMatch(
    /probabilities of made-up rows lie outside \[0, 1\] \(-[\d.]+ to [\d.]+\).*CalibratedClassifierCV/,
  );
});

test('probabilities of several labels that do not add up to 1 are refused', async () => {
  const g = new GraphBuilder('sigmoids');
  const x = g.input('x', 'float32', ['n', 3]);
  const logits = g.node('Add', [x, g.scalar('eight', 8)]);
  g.output(g.node('Sigmoid', [logits]), 'float32', ['n', 3], 'probabilities');
  expect(await faultsOf(examined(g.model(), {}, 'multiclass'))).toMatch(
    /the probabilities of a made-up row add up to [\d.]+, and must add up to 1/,
  );
});

test('a model on tensors whose rows move each other is taken with a warning', async () => {
  const g = new GraphBuilder('tensors');
  const x = g.input('x', 'float32', ['n', 4]);
  const centred = g.node('Sub', [x, g.node('ReduceMean', [x, g.ints('rows', [0])])]);
  g.output(g.node('Softmax', [centred], { axis: { int: 1 } }), 'float32', ['n', 4], 'probabilities');
  const { definition, dataset } = definedTensors({ type: 'string', allowed: ['a', 'b', 'c', 'd'] });
  expect(await examiner.examine(encodeModel(g.model()), definition, dataset)).toMatchObject({
    faults: [],
    warnings: [expect.stringMatching(/a row's answer depends on the other rows of its batch/)],
  });
});

test('a model whose weights hold NaN is refused by them, and not by missing values', async () => {
  const hurt = model((g, logit) => sigmoid(g, g.node('Mul', [logit, g.scalar('hurt', Number.NaN)])));
  expect(await faultsOf(examined(hurt))).toMatch(
    /each answer to made-up rows without a missing value is NaN: its weights hold NaN/,
  );
});
