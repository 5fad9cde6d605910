import { describe, expect, test } from 'vitest';
import type { ModelSignature } from '../../contracts/model/signature.ts';
import { adaptImport } from '../../ml/onnx/adapt/adapt-import.ts';
import { planAdaption } from '../../ml/onnx/adapt/plan-adaption.ts';
import { GraphBuilder, mlDomain, type Shape } from '../../ml/onnx/graph.ts';
import type { ModelProto } from '../../ml/onnx/proto.ts';
import type { ElementType } from '../../ml/onnx/tensor.ts';
import { definitionsFor, toolCase, type ToolCase } from '../support/tool-models.ts';

type Spec = readonly [name: string, type: ElementType, shape: Shape];

/** A graph that declares inputs and outputs; an output is made by an operator of its own, if one is named. */
function graphOf(inputs: readonly Spec[], outputs: readonly (readonly [...Spec, opType?: string])[]): ModelProto {
  const g = new GraphBuilder('declared');
  for (const [name, type, shape] of inputs) g.input(name, type, shape);
  for (const [name, type, shape, opType = 'Relu'] of outputs)
    g.output(g.node(opType, [inputs[0]?.[0] ?? ''], {}, { output: name }), type, shape);
  return g.model({ domains: { [mlDomain]: 3 } });
}

type More = Parameters<typeof definitionsFor>[1];
const binary = { task: 'binary', columns: ['age', 'amount', 'tenure'], labels: [0, 1] } as const;
const several = { task: 'multiclass', columns: ['age', 'amount', 'tenure'], labels: ['basic'] } as const;
const numbers = { task: 'regression', columns: ['age', 'amount', 'tenure'], labels: null } as const;
type Of = Pick<ToolCase, 'task' | 'columns' | 'labels'>;

function planOf(model: ModelProto, of: Of, more: More = {}) {
  const { definition, dataset, space } = definitionsFor(of, more);
  const planned = planAdaption(model, definition, dataset, space);
  if ('faults' in planned) throw new Error(planned.faults.join('; '));
  return planned.plan;
}

function faultsOf(model: ModelProto, of: Of, more: More = {}): readonly string[] {
  const { definition, dataset, space } = definitionsFor(of, more);
  const adaption = adaptImport(model, definition, dataset, space);
  return adaption.kind === 'refused' ? adaption.faults : [];
}

const table: Spec = ['x', 'float32', ['batch', 3]];
const label: Spec = ['label', 'int64', ['batch']];
const two: Spec = ['probabilities', 'float32', ['batch', 2]];
const kindOf = (model: ModelProto, of: Of, more: More = {}) => {
  const { outputs } = planOf(model, of, more);
  return outputs.kind === 'classes' ? [outputs.scores.kind, outputs.scores.output] : [];
};

describe('the plan of inputs', () => {
  test('takes columns by name, and all others in their order in the one input that is left', () => {
    const of = { ...binary, columns: ['age', 'plan', 'amount', 'tenure'] };
    const inputs: Spec[] = [
      ['numbers', 'float32', [null, 3]],
      ['plan', 'string', [null, 1]],
    ];
    expect(planOf(graphOf(inputs, [label, two]), of).inputs).toEqual([
      { name: 'plan', type: 'string', columns: ['plan'], form: 'column', guess: null },
      {
        name: 'numbers',
        type: 'float32',
        columns: ['age', 'amount', 'tenure'],
        form: 'table',
        guess: 'the order of "features"',
      },
    ]);
  });

  test('takes what the signature says, in its order', () => {
    const signature: ModelSignature = { inputs: [{ name: 'x', columns: ['tenure', 'age', 'amount'] }] };
    expect(planOf(graphOf([table], [label, two]), binary, { signature }).inputs).toEqual([
      { name: 'x', type: 'float32', columns: ['tenure', 'age', 'amount'], form: 'table', guess: null },
    ]);
  });

  test('does not take weights that an old model lists as inputs', () => {
    const model = toolCase('PyTorch, two logits').model;
    const weights = model.graph.initializer.map(({ name = '' }) => ({ name }));
    const old = { ...model, irVersion: 3, graph: { ...model.graph, input: [...model.graph.input, ...weights] } };
    expect(planOf(old, binary).inputs.map(({ name }) => name)).toEqual(['x']);
  });

  const of = { ...binary, columns: ['age', 'plan', 'amount'] };
  test.each<[string, readonly Spec[], Of, ModelSignature['inputs'], string]>([
    [
      'of another width',
      [['x', 'float32', ['batch', 5]]],
      binary,
      undefined,
      'its input "x" takes 5 columns, and 3 features are mapped to it (age, amount, tenure): correct "features", or list its columns in signature.inputs',
    ],
    [
      'of numbers for a column of text',
      [table],
      of,
      undefined,
      'its input "x" is of float32, and the column "plan" holds text: export the model with an input of text for it, or encode it within the exported pipeline',
    ],
    [
      'without an axis of rows',
      [['x', 'float32', [3]]],
      binary,
      undefined,
      'its input "x" has shape [3], without an axis of rows: export it with [rows, columns]',
    ],
    [
      'of three dimensions',
      [['x', 'float32', ['batch', 1, 3]]],
      binary,
      undefined,
      'its input "x" has 3 dimensions ([rows, 1, 3]): export it with [rows, columns]',
    ],
    [
      'of two tables whose columns nobody told',
      [
        ['a', 'float32', ['batch', 2]],
        ['b', 'float32', ['batch', 1]],
      ],
      binary,
      undefined,
      'its inputs "a", "b" are not features of the definition: write in signature.inputs which of age, amount, tenure each takes, in its order, such as { name: a, columns: [age, amount, tenure] }',
    ],
    [
      'that is not a feature',
      [...binary.columns.map((name): Spec => [name, 'float32', ['batch', 1]]), ['more', 'float32', ['batch', 1]]],
      binary,
      undefined,
      'its input "more" is not a feature of the definition: add it to "features", or export the model without it',
    ],
    [
      'too few',
      [['age', 'float32', ['batch', 1]]],
      { ...binary, columns: ['age', 'amount'] },
      undefined,
      'it has no input "amount"',
    ],
    [
      'that the signature misspells',
      [['floats', 'float32', ['batch', 3]]],
      binary,
      [{ name: 'float', columns: ['age', 'amount', 'tenure'] }],
      'signature.inputs: the model has no input "float", only floats: did you mean "floats"?',
    ],
    [
      'that the signature forgets',
      [table, ['y', 'float32', ['batch', 1]]],
      binary,
      [{ name: 'x', columns: ['age', 'amount', 'tenure'] }],
      'its input "y" is missing in signature.inputs: write which features it takes',
    ],
  ])('refuses an input %s, with what to do', (_, inputs, of, told, fault) => {
    const signature = told === undefined ? undefined : { signature: { inputs: told } };
    expect(faultsOf(graphOf(inputs, [label, two]), of, signature)).toContain(fault);
  });
});

describe('the plan of outputs', () => {
  test('takes a single output of floats for logits, unless it ends in a softmax or a sigmoid', () => {
    const out = (opType: string) => graphOf([table], [['output', 'float32', ['batch', 2], opType]]);
    expect(kindOf(out('Relu'), binary)).toEqual(['logits', 'output']);
    expect(kindOf(out('Softmax'), binary)).toEqual(['probabilities', 'output']);
    expect(kindOf(out('Sigmoid'), binary)).toEqual(['probabilities', 'output']);
    const signature = { outputs: { probabilities: 'output' } };
    expect(kindOf(out('Relu'), binary, { signature })).toEqual(['probabilities', 'output']);
    expect(kindOf(out('Softmax'), binary, { signature: { outputs: { logits: 'output' } } })).toEqual([
      'logits',
      'output',
    ]);
  });

  test('takes the table behind a label for the classes, where no classifier names them', () => {
    const { outputs } = planOf(toolCase('scikit-learn, network without ZipMap').model, several, {
      target: { type: 'string', allowed: ['pro', 'basic', 'plus'] },
    });
    expect(outputs).toMatchObject({ own: ['basic', 'plus', 'pro'], order: [2, 0, 1], orderGuess: null });
  });

  test('says so where it takes the order of classes from the definition', () => {
    const { outputs } = planOf(toolCase('PyTorch, three logits').model, several);
    expect(outputs).toMatchObject({ own: ['basic', 'plus', 'pro'], orderGuess: "the definition's order" });
    const told = planOf(toolCase('PyTorch, three logits').model, several, {
      signature: { outputs: { classes: ['pro', 'plus', 'basic'] } },
    });
    expect(told.outputs).toMatchObject({ own: ['pro', 'plus', 'basic'], order: [2, 1, 0], orderGuess: null });
  });

  const out = (...outputs: Parameters<typeof graphOf>[1]): ModelProto => graphOf([table], outputs);
  const float = (name: string, width: number) => [name, 'float32', ['batch', width]] as const;
  test.each<[string, ModelProto, Of, ModelSignature['outputs'], string]>([
    [
      'several outputs that may be the probabilities',
      out(float('a', 2), float('b', 2)),
      binary,
      undefined,
      'which of its outputs "a", "b" holds the probabilities cannot be told: write it as signature.outputs.probabilities or signature.outputs.logits (skl2onnx: do not use zipmap=\'columns\')',
    ],
    [
      'no probabilities',
      out(['label', 'int64', ['batch']]),
      binary,
      undefined,
      'it has no output of probabilities or logits, only label: export a classifier with probabilities',
    ],
    [
      'more probabilities than labels',
      out(float('output', 4)),
      several,
      undefined,
      'its output "output" has 4 columns, and "outcome" has 3 labels: correct the labels, or name another output as signature.outputs.probabilities',
    ],
    [
      'several outputs that may be the number',
      out(float('a', 1), float('b', 1)),
      numbers,
      undefined,
      'which of its outputs "a", "b" holds the one number that task regression predicts cannot be told: write it as signature.outputs.value, or correct the task',
    ],
    [
      'several numbers a row',
      out(float('variable', 2)),
      numbers,
      undefined,
      'its output "variable" has shape [rows, 2], and task regression predicts one number a row: export it as [rows] or [rows, 1], or name another as signature.outputs.value',
    ],
    [
      'a misspelt output',
      out(float('output', 2)),
      binary,
      { logits: 'outputs' },
      'signature.outputs.logits: the model has no output "outputs", only output: did you mean "output"?',
    ],
    [
      'classes by number for labels of text',
      toolCase('XGBoost, classes by number').model,
      several,
      undefined,
      'its classes are 0, 1, 2, and the labels of "outcome" are basic, plus, pro: write in signature.outputs.classes which label each of its classes is, in its order, such as [basic, plus, pro]',
    ],
    [
      'classes that the signature contradicts',
      toolCase('scikit-learn, labels of text').model,
      several,
      { classes: ['pro', 'plus', 'basic'] },
      'its classes are basic, plus, pro, and signature.outputs.classes are pro, plus, basic: leave them out, the model names its own',
    ],
  ])('refuses %s, with what to do', (_, model, of, told, fault) => {
    expect(faultsOf(model, of, told === undefined ? {} : { signature: { outputs: told } })).toEqual([fault]);
  });

  test('refuses operators that are too old, and a feature with the name of an answer', () => {
    const old = { ...out(two), opsetImport: [{ domain: '', version: 6 }] };
    expect(faultsOf(old, binary)).toEqual(['it uses the operators of opset 6: export it with opset 7 or newer']);
    expect(faultsOf(out(two), { ...binary, columns: ['age', 'amount', 'label'] })).toContain(
      'feature "label" has the name of an output: rename the column',
    );
  });
});

describe('a model of the one form', () => {
  const inputs = binary.columns.map((name): Spec => [name, 'float32', ['batch', 1]]);
  const kind = (model: ModelProto, of: Of, more: More = {}) => {
    const { definition, dataset, space } = definitionsFor(of, more);
    return adaptImport(model, definition, dataset, space).kind;
  };
  test('is taken as it is, also where the signature says what it has', () => {
    const model = graphOf(inputs, [label, two]);
    expect(kind(model, binary)).toBe('as it is');
    const signature = {
      inputs: binary.columns.map((name) => ({ name, columns: [name] })),
      outputs: { label: 'label', probabilities: 'probabilities' },
    };
    expect(kind(model, binary, { signature })).toBe('as it is');
    expect(kind(graphOf(inputs, [['prediction', 'float32', ['batch']]]), numbers)).toBe('as it is');
  });
  test.each<[string, ModelProto, Of, ModelSignature]>([
    ['its output holds logits', graphOf(inputs, [label, two]), binary, { outputs: { logits: 'probabilities' } }],
    [
      'its inputs are exchanged',
      graphOf(inputs, [label, two]),
      binary,
      {
        inputs: [
          { name: 'age', columns: ['amount'] },
          { name: 'amount', columns: ['age'] },
          { name: 'tenure', columns: ['tenure'] },
        ],
      },
    ],
    ['its labels have an order', graphOf(inputs, [label, two]), binary, { outputs: { classes: [1, 0] } }],
  ])('is adapted where the signature says that %s', (_, model, of, signature) => {
    expect(kind(model, of, { signature })).toBe('adapted');
  });
});
