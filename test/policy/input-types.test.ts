import { describe, expect, it } from 'vitest';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { TensorType } from '../../contracts/data/tensor.ts';
import { importFaults } from '../../policy/gates/import-faults.ts';

interface Given {
  readonly input?: TensorType;
  readonly column?: object;
  readonly label?: TensorType;
  readonly target?: object;
  readonly model?: object;
}

/** What is wrong with a model of one column. */
function faultsOf({ input = 'float32', column, label = 'int64', target, model }: Given): string[] {
  const dataset = datasetDefinitionSchema.parse({
    dataset: 'people',
    source: 'people.csv',
    key: 'id',
    target: 'left',
    columns: {
      id: { type: 'integer', kind: 'key' },
      age: { type: 'number', kind: 'numeric', ...column },
      left: { type: 'integer', kind: 'target', ...target },
    },
  });
  const definition = modelDefinitionSchema.parse({ model: 'm', dataset: 'people', features: ['age'], ...model });
  const signature = {
    inputs: [{ name: 'age', type: input, shape: [null, 1] }],
    outputs: [
      { name: 'label', type: label, shape: [null] },
      { name: 'probabilities', type: 'float32' as const, shape: [null, 2] },
    ],
  };
  return importFaults(signature, { classes: null }, definition, dataset);
}

describe('an imported model that cannot serve is refused at import', () => {
  it.each<[string, Given, RegExp]>([
    ['whole numbers for decimals', { input: 'int64' }, /"age" is of int64, and the column holds decimals/],
    [
      'whole numbers where nulls may come',
      { input: 'int64', column: { type: 'integer', nullable: true } },
      /may be null/,
    ],
    [
      'flags for numbers',
      { input: 'bool', column: { type: 'integer' } },
      /bool, and the column holds more than 0 and 1/,
    ],
    ['no room for the sign', { input: 'uint8', column: { type: 'integer', min: -5, max: 9 } }, /goes beyond 0 to 255/],
    ['no room for the greatest', { input: 'int8', column: { type: 'integer', max: 300 } }, /goes beyond -128 to 127/],
    [
      'no room for a code',
      { input: 'int32', column: { kind: 'categorical', allowed: ['1', '1.5', '3000000000'] } },
      /the column allows 1\.5, 3000000000/,
    ],
    [
      'a nullable flag',
      { input: 'int64', column: { type: 'boolean', kind: 'categorical', nullable: true } },
      /may be null/,
    ],
    ['numbers for text', { input: 'int64', column: { type: 'string', kind: 'categorical' } }, /the column holds text/],
    [
      'true and false for 0 and 1',
      { label: 'bool' },
      /"label" is of bool, which cannot say 0 and 1, as "left" \(integer\)/,
    ],
    [
      'numbers for text labels',
      { target: { type: 'string' }, model: { positive: 'yes', negative: 'no' } },
      /"label" is of int64, which cannot say no and yes/,
    ],
    ['no room for the sign of a label', { label: 'uint8', model: { positive: 1, negative: -1 } }, /cannot say -1, as/],
    [
      'numbers for labels with zeros in front',
      { target: { type: 'string' }, model: { positive: '01', negative: '2' } },
      /cannot say 01, as/,
    ],
    ['labels of half precision', { label: 'float16' }, /"label" is float16: export it as text/],
  ])('%s', (_, given, message) => {
    const faults = faultsOf(given);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(message);
  });

  it.each<[string, Given]>([
    ['whole numbers', { input: 'int64', column: { type: 'integer' } }],
    ['floats where nulls may come', { column: { nullable: true } }],
    ['a narrow type that is wide enough', { input: 'uint8', column: { type: 'integer', min: 0, max: 255 } }],
    ['flags of 0 and 1', { input: 'bool', column: { type: 'integer', min: 0, max: 1 } }],
    ['flags', { input: 'bool', column: { type: 'boolean', kind: 'categorical' } }],
    ['flags as numbers', { input: 'int64', column: { type: 'boolean', kind: 'categorical' } }],
    ['codes that are whole', { input: 'int64', column: { kind: 'categorical', allowed: ['1', '2.0'] } }],
    ['0 and 1 for true and false', { target: { type: 'boolean' }, model: { positive: true } }],
    ['true and false', { label: 'bool', target: { type: 'boolean' }, model: { positive: true } }],
    [
      'true and false for texts of them',
      { label: 'bool', target: { type: 'string' }, model: { positive: 'true', negative: 'false' } },
    ],
    ['whole numbers as floats', { label: 'float32' }],
    ['whole numbers as texts', { label: 'string' }],
    ['decimals', { label: 'float32', target: { type: 'number' }, model: { positive: 1.5, negative: -1 } }],
  ])('but not %s', (_, given) => {
    expect(faultsOf(given)).toEqual([]);
  });
});
