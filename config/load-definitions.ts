import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { datasetDefinitionSchema, type DatasetDefinition } from '../contracts/data/dataset.ts';
import { datasetFaults } from '../contracts/data/dataset-faults.ts';
import { PawlError, unknownModel } from '../contracts/errors.ts';
import { modelDefinitionSchema, type ModelDefinition } from '../contracts/model/model-definition.ts';
import type { TrainerSettings } from '../contracts/model/trainer.ts';
import { datasetOfTensors } from '../contracts/model/tensors.ts';
import { withTask } from '../contracts/model/task.ts';
import { errorTypes } from '../contracts/names.ts';
import { modelFaults, policyFaults } from '../policy/release/policy-faults.ts';
import { segmentsToRead } from '../policy/release/what-to-count/segments.ts';
import { cronFault } from './cron.ts';
import { parseDocument } from './load-config.ts';
import { readTrainerFiles, trainerFileFaults } from './read-trainer-files.ts';
import type { Config } from './schema.ts';

type Folders = Pick<Config, 'project' | 'models'>;

/** Names of the models that are defined, ascending. */
function listModels({ models: folder }: Pick<Config, 'models'>): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .toSorted();
}

/** Throws `UnknownModelError` or `InvalidConfigError`. */
export function loadModelDefinition(folders: Folders, model: string): ModelDefinition {
  const path = join(folders.models, `${model}.yaml`);
  if (!/^[a-z][a-z0-9-]*$/.test(model) || !existsSync(path))
    throw unknownModel(model, listModels(folders), folders.models);
  const definition = parseDocument(modelDefinitionSchema, path, readFileSync(path, 'utf8'), {
    elsewhere: { schema: datasetDefinitionSchema, place: 'datasets/<name>/dataset.yaml' },
    faultsOf: (found) => {
      const cron = found.schedule === undefined ? null : cronFault(found.schedule);
      return [
        ...faultsOfModel(folders, found),
        ...trainerFileFaults(folders, found.trainer),
        ...(cron === null ? [] : [cron]),
      ];
    },
  });
  if (definition.model !== model)
    throw new PawlError(
      errorTypes.invalidConfig,
      `${path} defines "${definition.model}": name the file after its model`,
    );
  const dataset = datasetOf(folders, definition);
  segmentsToRead(definition, dataset);
  return withTask(definition, dataset);
}

/**
 * The dataset of a model, or what takes its place for one on tensors. Throws `UnknownDatasetError` or `InvalidConfigError`. A relative `source` is
 * resolved beside its `dataset.yaml`.
 */
function datasetOf(folders: Pick<Config, 'project'>, definition: ModelDefinition): DatasetDefinition {
  const { model, dataset, tensors } = definition;
  if (tensors !== undefined) return datasetOfTensors(definition, tensors);
  if (dataset === undefined) throw new PawlError(errorTypes.invalidConfig, `model "${model}": ${noDataset}`, { model });
  return loadDatasetDefinition(folders, dataset);
}

const noDataset =
  'dataset is missing: name the folder under datasets/, or write "tensors" where the model takes tensors that are not columns';

/** Throws `UnknownDatasetError` or `InvalidConfigError`. */
export function loadDatasetDefinition({ project }: Pick<Config, 'project'>, dataset: string): DatasetDefinition {
  const path = join(project, 'datasets', dataset, 'dataset.yaml');
  if (!existsSync(path))
    throw new PawlError(
      errorTypes.unknownDataset,
      `there is no dataset "${dataset}": add datasets/${dataset}/dataset.yaml, or correct the name`,
      { dataset },
    );
  const definition = parseDocument(datasetDefinitionSchema, path, readFileSync(path, 'utf8'), {
    elsewhere: { schema: modelDefinitionSchema, place: 'models/<name>.yaml' },
    faultsOf: datasetFaults,
  });
  const isUrl = /^[a-z0-9]+:\/\//.test(definition.source);
  return {
    ...definition,
    source: isUrl ? definition.source : resolve(dirname(path), definition.source),
    columns: withMissing(definition),
  };
}

/** The texts that mean "missing" everywhere do so in each column. */
const withMissing = ({ columns, missing }: DatasetDefinition): DatasetDefinition['columns'] =>
  Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      { ...column, missing: [...new Set([...missing, ...column.missing])] },
    ]),
  );

/** What contradicts itself, and what does not fit the dataset; nothing of that where it is faulty itself, which is told when it is loaded. */
function faultsOfModel(folders: Folders, definition: ModelDefinition): string[] {
  if (definition.tensors === undefined && definition.dataset === undefined) return [noDataset];
  const dataset = soundDataset(folders, definition);
  return dataset === null ? policyFaults(definition.release) : modelFaults(definition, dataset);
}

function soundDataset(folders: Folders, definition: ModelDefinition): DatasetDefinition | null {
  try {
    return datasetOf(folders, definition);
  } catch (error) {
    if (error instanceof PawlError) return null;
    throw error;
  }
}

/** What the definitions port reads by. */
export const definitionLoaders = (folders: Folders) => ({
  list: () => listModels(folders),
  model: (name: string) => loadModelDefinition(folders, name),
  datasetOf: (definition: ModelDefinition) => datasetOf(folders, definition),
  filesOf: (trainer: TrainerSettings) => readTrainerFiles(folders, trainer),
});
