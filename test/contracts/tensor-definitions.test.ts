import { expect, test } from 'vitest';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { datasetOfTensors } from '../../contracts/model/tensors.ts';
import { modelFaults } from '../../policy/release/policy-faults.ts';

const words = { type: 'string', allowed: ['no', 'yes'] };

function faultsOf({ tensors, ...more }: { tensors?: object; [key: string]: unknown }): string[] {
  const definition = modelDefinitionSchema.parse({
    model: 'm',
    tensors: { label: words, ...tensors },
    positive: 'yes',
    ...more,
  });
  return modelFaults(definition, datasetOfTensors(definition, definition.tensors!));
}

test('a model on tensors needs its label alone', () => {
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ positive: undefined, tensors: { label: { type: 'number', min: 0, max: 5 } } })).toEqual([]);
});

const idle = (key: string): string => `${key} says nothing of a model on tensors, which has no rows: leave it out`;

test('a ranking is refused: it orders rows', () => {
  const label = { type: 'integer', min: 0, max: 4 };
  expect(faultsOf({ positive: undefined, task: 'ranking', tensors: { label } })).toEqual([
    'task ranking orders rows that share a query, and a model on tensors has no rows: leave task out',
  ]);
});

test.each([
  [{ dataset: 'people' }, idle('dataset')],
  [{ features: ['age'] }, idle('features')],
  [{ weight: 'age' }, idle('weight')],
  [{ split: { by: 'time' } }, idle('split')],
  [{ trainer: { kind: 'network', epochs: 3 } }, idle('trainer')],
  [{ data: { minRows: 5 } }, idle('data')],
  [{ quality: { limits: { accuracy: 0.9 } } }, idle('quality')],
  [{ fairness: { minGroupRows: 5 } }, idle('fairness')],
  [{ optimize: { variants: [] } }, idle('optimize')],
  [{ schedule: { cron: '0 3 * * *' } }, idle('schedule')],
  [{ search: { ranges: { leaves: { from: 3, to: 9 } } } }, idle('search')],
  [{ monitor: { psi: 0.5 } }, 'monitor.psi says nothing of a model on tensors: drift is of columns; leave it out'],
  [
    { release: { guards: { fairness: { maxGroupLoss: 0.1 } } } },
    'release.guards.fairness judges groups by columns, and tensors have none: leave it out',
  ],
  [
    { signature: { inputs: [{ name: 'x', columns: ['age'] }] } },
    'signature.inputs maps columns, and tensors are as the model names them: leave it out',
  ],
])('keys that need rows are refused: %o', (more, fault) => {
  expect(faultsOf(more)).toEqual([fault]);
});

test.each([
  [
    { label: { type: 'timestamp' } },
    /tensors\.label: column "label": kind target needs type string, integer, number, boolean/,
  ],
  [{ label: { type: 'string', allowed: ['no', 'maybe'] } }, /positive: "yes" is not a label of the target/],
  [
    { label: { type: 'string', allowed: ['no', 'yes', 'no'] } },
    /tensors\.label: column "label": "no" is allowed twice: labels differ, so leave one out/,
  ],
  [{ label: { ...words, missing: ['no'] } }, /tensors\.label: column "label": "no" is allowed and means "missing"/],
  [{ label: { type: 'string', allowed: [] } }, /tensors\.label: column "label": allowed is empty/],
  [{ inputs: { x: { shape: [8], maxLength: 4 } } }, /tensors\.inputs\.x: shape \[8\] is beyond maxLength 4/],
  [{ inputs: { x: { min: 2, max: 1 } } }, /tensors\.inputs\.x: min 2 is above max 1/],
  [{ inputs: { x: { min: 2, texts: ['a'] } } }, /tensors\.inputs\.x: min and max are for numbers, and texts for text/],
])('what contradicts itself is refused: %o', (tensors, fault) => {
  expect(faultsOf({ tensors }).join('\n')).toMatch(fault);
});

test('numbers need the range that bounds their errors', () => {
  const numbers = (label: object) =>
    faultsOf({ positive: undefined, tensors: { label: { type: 'number', ...label } } });
  const fault = ['tensors.label: write min and max: live errors count as at most their distance'];
  expect(numbers({})).toEqual(fault);
  expect(numbers({ min: 0 })).toEqual(fault);
  expect(numbers({ min: 3, max: 3 })).toEqual(fault);
});

test('labels that nothing is known of are asked for', () => {
  const unknown = { positive: undefined, tensors: { label: { type: 'string' } } };
  expect(faultsOf(unknown)).toEqual(['tensors.label: list the labels as "allowed", in the order of the model']);
  expect(faultsOf({ positive: undefined })).toEqual([
    '"positive" is missing: name the label that counts as positive; "label" allows no, yes',
  ]);
});
