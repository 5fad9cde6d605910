import { valueFaults } from '../data/dataset-contradictions.ts';
import { columnFaults } from '../data/dataset-faults.ts';
import type { DatasetDefinition } from '../data/dataset.ts';
import { labelSpaceOf, type LabelSpace } from '../data/label-space.ts';
import { faultsFrom } from '../faults-from.ts';
import { labelFaults, levelFaults } from './model-contradictions.ts';
import { modelDefinitionSchema, type ModelDefinition } from './model-definition.ts';
import { signatureFaults } from './signature-faults.ts';
import { taskFaults, taskOf, taskRules } from './task.ts';
import type { TensorInput, Tensors } from './tensors.ts';

/** Keys that say nothing without rows, as each is where a definition leaves it out. */
const ofRows = [
  'dataset',
  'features',
  'query',
  'weight',
  'split',
  'trainer',
  'search',
  'data',
  'quality',
  'fairness',
  'optimize',
  'schedule',
] as const;

/** What contradicts itself in the definition of a model on tensors: a sentence each. */
export function tensorFaults(definition: ModelDefinition, tensors: Tensors, dataset: DatasetDefinition): string[] {
  const task = taskOf(definition, dataset);
  const label = dataset.columns[dataset.target]!;
  const { shape } = modelDefinitionSchema;
  const idle = ofRows.filter((key) => JSON.stringify(definition[key]) !== JSON.stringify(shape[key].parse(undefined)));
  return [
    ...idle.map((key) => `${key} says nothing of a model on tensors, which has no rows: leave it out`),
    ...(definition.monitor.psi === shape.monitor.parse(undefined).psi
      ? []
      : ['monitor.psi says nothing of a model on tensors: drift is of columns; leave it out']),
    ...(definition.release.guards.fairness === null
      ? []
      : ['release.guards.fairness judges groups by columns, and tensors have none: leave it out']),
    ...(definition.signature?.inputs === undefined
      ? []
      : ['signature.inputs maps columns, and tensors are as the model names them: leave it out']),
    ...[...columnFaults(dataset.target, label, dataset), ...valueFaults([dataset.target, label], dataset)].map(
      (fault) => `tensors.label: ${fault}`,
    ),
    ...(definition.task === 'ranking'
      ? ['task ranking orders rows that share a query, and a model on tensors has no rows: leave task out']
      : []),
    ...Object.entries(tensors.inputs).flatMap(([name, input]) => inputFaults(`tensors.inputs.${name}`, input)),
    ...levelFaults(definition),
    ...taskFaults(definition, task),
    ...faultsFrom(() => {
      if (lacksLabels(definition, tensors))
        return ['tensors.label: list the labels as "allowed", in the order of the model'];
      const space = labelSpaceOf(definition, dataset);
      return [
        ...boundFaults(space, tensors),
        ...labelFaults(space, dataset),
        ...signatureFaults({ outputs: definition.signature?.outputs }, [], space),
      ];
    }).map((message) => message.replace(`model "${definition.model}": `, '')),
  ];
}

function inputFaults(at: string, { shape, min, max, texts, maxLength }: TensorInput): string[] {
  if (texts !== undefined && (min !== undefined || max !== undefined))
    return [`${at}: min and max are for numbers, and texts for text: leave one out`];
  if (maxLength !== undefined && shape?.every((size) => size > maxLength) === true && shape.length > 0)
    return [`${at}: shape [${shape.join(', ')}] is beyond maxLength ${maxLength}: correct one of them`];
  return min !== undefined && max !== undefined && min > max
    ? [`${at}: min ${min} is above max ${max}: exchange them`]
    : [];
}

/** Nothing is known of the classes of such labels. */
const lacksLabels = ({ task, positive, negative }: ModelDefinition, { label }: Tensors): boolean =>
  label.allowed === undefined &&
  (label.type === 'string' || task === 'multiclass') &&
  positive === undefined &&
  negative === undefined;

/** What errors of numbers are bounded by must be known before any label is. */
function boundFaults(space: LabelSpace, { label: { min, max } }: Tensors): string[] {
  if (taskRules[space.task].labels === 'classes') return [];
  return min === undefined || max === undefined || min === max
    ? ['tensors.label: write min and max: live errors count as at most their distance']
    : [];
}
