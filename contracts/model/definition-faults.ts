import { labelSpaceOf } from '../data/label-space.ts';
import type { DatasetDefinition } from '../data/dataset.ts';
import { nearColumn } from '../data/near-column.ts';
import { checkSelection } from '../data/selection.ts';
import { faultsFrom } from '../faults-from.ts';
import type { ModelDefinition } from './model-definition.ts';
import {
  balanceFaults,
  fairnessFaults,
  labelFaults,
  levelFaults,
  metricFaults,
  psiFaults,
  sliceFaults,
} from './model-contradictions.ts';
import { searchFaults } from './search-faults.ts';
import { signatureFaults } from './signature-faults.ts';
import { taskFaults, taskOf, taskRules } from './task.ts';
import { tensorFaults } from './tensor-faults.ts';
import { trainerFaults } from './trainer-faults.ts';

/** What contradicts itself in a model definition, or does not fit its dataset. */
export function definitionFaults(definition: ModelDefinition, dataset: DatasetDefinition): string[] {
  const { tensors } = definition;
  return tensors === undefined ? faultsOfRows(definition, dataset) : tensorFaults(definition, tensors, dataset);
}

function faultsOfRows(definition: ModelDefinition, dataset: DatasetDefinition): string[] {
  const { features, split, quality, fairness } = definition;
  const { columns } = dataset;
  const faults = features.flatMap((name, i): string[] => {
    const column = columns[name];
    if (column === undefined)
      return [`feature "${name}" is not a column of dataset "${dataset.dataset}"${nearColumn(name, columns)}`];
    if (features.indexOf(name) !== i) return [`feature "${name}" is listed twice: leave one out`];
    if (column.kind === 'carried')
      return [`feature "${name}" is of kind carried: write kind: numeric or categorical, or leave it out`];
    if (column.kind !== 'numeric' && column.kind !== 'categorical')
      return [
        `feature "${name}" is the ${column.kind} of the dataset: a model that knows it learns nothing else; leave it out`,
      ];
    return [];
  });
  if (features.length === 0) faults.push('features is empty: list the columns that the model takes');
  if (split.test === 0) faults.push('split.test is 0: a candidate is judged on test rows; write a share such as 0.2');
  if (split.validation === 0)
    faults.push('split.validation is 0: training stops by the validation rows; write a share such as 0.1');
  if (split.test + split.validation >= 1)
    faults.push(
      `split.test and split.validation are ${split.test + split.validation} together: no row is left to train on`,
    );
  if (split.by === 'time' && dataset.time === undefined)
    faults.push(
      `split.by is time, and dataset "${dataset.dataset}" declares no time column: declare it, or split by hash`,
    );
  faults.push(
    ...splitFaults(definition, dataset),
    ...queryFaults(definition, dataset),
    ...weightFaults(definition, dataset),
    ...searchFaults(definition),
    ...trainerFaults(definition, dataset),
    ...levelFaults(definition),
  );
  faults.push(...unknownColumns('quality.slices', quality.slices, columns));
  faults.push(...unknownColumns('data.psi.columns', Object.keys(definition.data.psi.columns), columns));
  for (const attribute of Object.keys(fairness.attributes))
    faults.push(...unknownColumns('fairness.attributes', attribute.split(' x '), columns));
  faults.push(...servingFaults(definition, dataset));
  faults.push(...fairnessFaults(definition, dataset), ...sliceFaults(definition, dataset), ...psiFaults(definition));
  faults.push(...taskFaults(definition, taskOf(definition, dataset)));
  const own = `model "${definition.model}": `;
  faults.push(
    ...faultsFrom(() => {
      const space = labelSpaceOf(definition, dataset);
      return [
        ...labelFaults(space, dataset),
        ...balanceFaults(definition, space),
        ...metricFaults(definition, space),
        ...signatureFaults(definition.signature, features, space),
      ];
    }).map((message) => message.replace(own, '')),
  );
  faults.push(
    ...faultsFrom(() => {
      checkSelection(definition.schedule?.data ?? {}, dataset);
      return [];
    }).map((message) => `schedule.data: ${message}`),
  );
  return faults;
}

/** A split by what the rows do not have. */
function splitFaults(definition: ModelDefinition, dataset: DatasetDefinition): string[] {
  const { by, group } = definition.split;
  if (by === 'group' && group === undefined)
    return ['split.by is group, and split.group names no column: name the one whose values are not to be parted'];
  if (by !== 'group' && group !== undefined)
    return [`split.group is "${group}", and split.by is ${by}: write by: group, or leave the group out`];
  if (by === 'stratified' && taskRules[taskOf(definition, dataset)].labels === 'numbers')
    return ['split.by is stratified, which needs labels that are classes: split numbers by hash'];
  return group === undefined ? [] : unknownColumns('split.group', [group], dataset.columns);
}

/** A ranking whose rows do not say which of them compete, or are parted by the split. */
function queryFaults(definition: ModelDefinition, dataset: DatasetDefinition): string[] {
  if (taskOf(definition, dataset) !== 'ranking') return [];
  const { query, split, features } = definition;
  if (query === undefined)
    return ['task ranking needs "query": name the column whose value says which rows compete, such as a search'];
  const unknown = unknownColumns('query', [query], dataset.columns);
  if (unknown.length > 0) return unknown;
  if (query === dataset.target || query === dataset.key)
    return [
      `query: "${query}" is the ${query === dataset.key ? 'key' : 'target'} of the dataset: name the column that rows of one query share`,
    ];
  if (features.includes(query))
    return [`query: "${query}" is a feature, and says nothing of the order within a query: leave it out of "features"`];
  return split.by === 'group' && split.group === query
    ? []
    : [`a ranking is judged by whole queries: write split: { by: group, group: ${query} }`];
}

/** A weight that is not a number, or that the model would learn from. */
function weightFaults(
  { weight, features }: ModelDefinition,
  { columns, key, target, time }: DatasetDefinition,
): string[] {
  if (weight === undefined) return [];
  const column = columns[weight];
  if (column === undefined) return unknownColumns('weight', [weight], columns);
  const role = weight === key ? 'key' : weight === target ? 'target' : weight === time ? 'time' : null;
  if (role !== null) return [`weight: "${weight}" is the ${role} of the dataset: name a column of numbers of its own`];
  if (column.type !== 'number' && column.type !== 'integer')
    return [`weight: "${weight}" is of type ${column.type}: name a column of numbers`];
  return features.includes(weight)
    ? [`weight: "${weight}" is a feature, and requests have no weight: leave it out of "features"`]
    : [];
}

/** A private column whose name is misspelt would be logged, and a key that no request carries would part nothing. */
function servingFaults({ serving, features }: ModelDefinition, { columns }: DatasetDefinition): string[] {
  const { log, key, segments } = serving;
  const carried: [string, string | null | undefined][] = [
    ['serving.key', key],
    ...segments.map(({ name, input }): [string, string | undefined] => [`serving.segments "${name}"`, input]),
  ];
  return [
    ...unknownColumns('serving.log.drop', log.drop, columns),
    ...unknownColumns('serving.log.hash', log.hash, columns),
    ...log.drop
      .filter((name) => log.hash.includes(name))
      .map((name) => `serving.log: "${name}" is dropped and hashed: leave one out`),
    ...carried.flatMap(([where, name]) => {
      if (name === null || name === undefined || features.includes(name)) return [];
      return columns[name] === undefined
        ? unknownColumns(where, [name], columns)
        : [
            `${where}: "${name}" is not a feature, and requests carry features alone: name one, or send the header x-pawl-key`,
          ];
    }),
  ];
}

const unknownColumns = (key: string, names: readonly string[], columns: DatasetDefinition['columns']): string[] =>
  names
    .filter((name) => columns[name] === undefined)
    .map((name) => `${key}: there is no column "${name}"${nearColumn(name, columns)}`);
