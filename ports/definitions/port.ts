import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ProgramFile } from '../../contracts/run/program.ts';
import type { TrainerSettings } from '../../contracts/model/trainer.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';

/** Model and dataset definitions as they are now; runs pin them by digest. */
export interface Definitions {
  models(): Promise<string[]>;
  /** Throws `UnknownModelError` or `InvalidConfigError`. */
  model(name: string): Promise<ModelDefinition>;
  /**
   * What the model's rows are: its dataset, `source` resolved to an absolute path or URL, or what takes its place for a model on tensors. Throws
   * `UnknownDatasetError` or `InvalidConfigError`.
   */
  datasetOf(definition: ModelDefinition): Promise<DatasetDefinition>;
  /** Files of the project that a trainer takes: those of its program, or its model; none of others. Throws `InvalidConfigError`. */
  filesOf(trainer: TrainerSettings): Promise<ProgramFile[]>;
}
