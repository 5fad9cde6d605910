import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ProgramFile } from '../../contracts/run/program.ts';
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
  /** Files of a trainer's program, by the folder that its definition names. Throws `InvalidConfigError`. */
  programOf(folder: string): Promise<ProgramFile[]>;
}
