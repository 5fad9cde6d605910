import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';

/** Model and dataset definitions as they are now; runs pin them by digest. */
export interface Definitions {
  models(): Promise<string[]>;
  /** Throws `UnknownModelError` or `InvalidConfigError`. */
  model(name: string): Promise<ModelDefinition>;
  /** Throws `UnknownDatasetError` or `InvalidConfigError`. `source` is resolved to an absolute path or URL. */
  dataset(name: string): Promise<DatasetDefinition>;
}
