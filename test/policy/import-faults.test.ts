import { describe, expect, test } from 'vitest';
import type { Signature, TensorSpec } from '../../contracts/data/tensor.ts';
import { externalFaults, importFaults } from '../../policy/gates/import-faults.ts';
import { dataset, definition } from './definition.ts';

const column = (name: string, more: Partial<TensorSpec> = {}): TensorSpec => ({
  name,
  type: name === 'SCHL' ? 'string' : 'float32',
  shape: [null, 1],
  ...more,
});
const outputs: TensorSpec[] = [
  { name: 'label', type: 'int64', shape: [null] },
  { name: 'probabilities', type: 'float32', shape: [null, 2] },
];
const signature = (more: Partial<Signature> = {}): Signature => ({
  inputs: [column('AGEP'), column('SCHL')],
  outputs,
  ...more,
});
const faults = (more: Partial<Signature>, classes: string[] | null = null) =>
  importFaults(signature(more), { classes }, definition, dataset);
const withInput = (...inputs: TensorSpec[]) => faults({ inputs });
const withProbabilities = (more: Partial<TensorSpec>) =>
  faults({ outputs: [outputs[0]!, { ...outputs[1]!, ...more }] });

describe('a model from elsewhere', () => {
  test('without a fault fits, also with one probability, or sizes that are not known', () => {
    expect(faults({})).toEqual([]);
    expect(faults({}, ['0', '1'])).toEqual([]);
    for (const shape of [[null, 1], [null, null], [null]]) expect(withProbabilities({ shape })).toEqual([]);
    expect(withProbabilities({ type: 'float64' })).toEqual([]);
  });
  test.each<[string, string[], string[]]>([
    ['lacks an input', withInput(column('AGEP')), ['it has no input "SCHL"']],
    [
      'has one too many',
      withInput(column('AGEP'), column('SCHL'), column('x')),
      ['its input "x" is not a feature of the definition'],
    ],
    [
      'takes a vector',
      withInput(column('AGEP', { shape: [null] }), column('SCHL')),
      ['its input "AGEP" has shape [rows]: a column is [rows, 1]'],
    ],
    [
      'takes two columns in one',
      withInput(column('AGEP', { shape: [null, 2] }), column('SCHL')),
      ['its input "AGEP" has shape [rows, 2]: a column is [rows, 1]'],
    ],
    [
      'has a fixed batch',
      withInput(column('AGEP', { shape: [8, 1] }), column('SCHL')),
      ['its input "AGEP" has the fixed batch size 8 ([8, 1]): export it with a dynamic first axis'],
    ],
    [
      'takes half floats',
      withInput(column('AGEP', { type: 'float16' }), column('SCHL')),
      ['its input "AGEP" is float16: export it with float32 inputs'],
    ],
    [
      'takes text as a number',
      withInput(column('AGEP'), column('SCHL', { type: 'int64' })),
      [
        'its input "SCHL" is of int64, and the column holds text: let the model take text, or declare the column\'s type',
      ],
    ],
    [
      'lacks an output',
      faults({ outputs: [outputs[0]!, { ...outputs[1]!, name: 'scores' }] }),
      ['it has no output "probabilities", only label, scores'],
    ],
    [
      'tells three classes apart',
      withProbabilities({ shape: [null, 3] }),
      ['its output "probabilities" has 3 columns, and "employed" has 2 labels'],
    ],
    [
      'gives whole probabilities',
      withProbabilities({ type: 'int64' }),
      ['its output "probabilities" is of int64: it must be of float32 or float64'],
    ],
    [
      'answers a fixed batch',
      withProbabilities({ shape: [8, 2] }),
      ['its output "probabilities" has the fixed batch size 8: export it with a dynamic first axis'],
    ],
    [
      'answers a fixed batch of labels',
      faults({ outputs: [{ ...outputs[0]!, shape: [8] }, outputs[1]!] }),
      ['its output "label" has the fixed batch size 8: export it with a dynamic first axis'],
    ],
    [
      'has its classes in the other order, and one probability',
      faults({ outputs: [outputs[0]!, { ...outputs[1]!, shape: [null, 1] }] }, ['1', '0']),
      [
        "its classes are 1, 0, so its one probability is of 0, and the definition's positive label is 1: exchange positive and negative, or export both probabilities",
      ],
    ],
    ['has its classes in the other order, and both probabilities', faults({}, ['1', '0']), []],
    [
      'has other classes',
      faults({}, ['1', '2']),
      [
        "its classes are 1, 2, and the definition's labels are 0 and 1: correct positive and negative, or export another model",
      ],
    ],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });
  test('with weights in other files is refused with the first three of them', () => {
    const of = (...external: string[]) => externalFaults({ external, classes: null });
    expect(of()).toEqual([]);
    expect(of('a', 'b', 'c', 'd')).toEqual([
      '4 of its tensors lie in another file (a, b, c): save it with all weights inside',
    ]);
  });
});
