import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ProgramFile } from '../../contracts/run/program.ts';
import type { TrainerSettings } from '../../contracts/model/trainer.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { Definitions } from './port.ts';

/** How the config reads definitions; it is handed in, because ports read no config. */
export interface DefinitionLoaders {
  list(): string[];
  model(name: string): ModelDefinition;
  datasetOf(definition: ModelDefinition): DatasetDefinition;
  filesOf(trainer: TrainerSettings): ProgramFile[];
}

/** Definitions from the project's files, read at every call, so that an edit counts from the next run on. */
export function createDefinitions(loaders: DefinitionLoaders): Definitions {
  return {
    models: async () => loaders.list(),
    model: async (name) => loaders.model(name),
    datasetOf: async (definition) => loaders.datasetOf(definition),
    filesOf: async (trainer) => loaders.filesOf(trainer),
  };
}
